using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>What differs between rows of texts and of pictures; all else of a fit is the same.</summary>
internal abstract class Modality
{
    /// <summary>What the rows are made of, in the words of <see cref="ModelTasks"/>.</summary>
    public abstract string Name { get; }

    /// <summary>The columns read.</summary>
    public abstract IReadOnlyList<string> ColumnNames { get; }

    /// <summary>Whether a column of this shape can be read.</summary>
    public abstract bool Accepts(SchemaShape.Column column);

    /// <summary>What <see cref="Accepts"/> wants, for messages.</summary>
    public abstract string AcceptedTypes { get; }

    /// <summary>How EVA scales A where its options leave that open.</summary>
    public virtual EvaWhitening Whitening => EvaWhitening.None;

    /// <summary>How rows become the network's batches. What is strange about the checkpoint goes to <paramref name="progress"/>.</summary>
    /// <exception cref="ArgumentException">The network is for rows of another kind.</exception>
    public abstract ModelInput CreateInput(Network network, FitProgress progress);

    /// <summary>An empty collection for labelled rows of that input.</summary>
    public abstract LabeledRows CreateRows(ModelInput input, LabelCollector labels);

    /// <summary>The texts of the rows at these positions of a data view, where the options allow them into a report; else none.</summary>
    public virtual IReadOnlyDictionary<long, string> ReadTexts(IDataView data, IReadOnlySet<long> positions, ModelInput input) => new Dictionary<long, string>();

    /// <summary>The manifest with what is the modality's own to say.</summary>
    public abstract ModelManifest Describe(ModelManifest manifest, ModelInput input);
}
