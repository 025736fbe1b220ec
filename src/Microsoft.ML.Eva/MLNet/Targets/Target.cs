using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>What differs between learning classes and learning numbers; all else of a fit is the same. The counterpart of <see cref="Modality"/>.</summary>
internal abstract class Target
{
    /// <summary>What a saved model says that it learned; the second part of one of <see cref="Persistence.ModelTasks"/>.</summary>
    public abstract LearningTask Task { get; }

    /// <summary>The input's shape with the model's columns added.</summary>
    /// <exception cref="ArgumentException">The label has the wrong type.</exception>
    public abstract SchemaShape AddColumns(SchemaShape input, SchemaShape.Column label);

    /// <summary>What a label column of training data says about the model's outputs.</summary>
    /// <exception cref="ArgumentException">The label has the wrong type.</exception>
    public abstract OutputColumns CreateColumns(DataViewSchema.Column label);

    /// <summary>An empty collection for the labels of a data set.</summary>
    public abstract LabelCollector CreateCollector(OutputColumns outputs);

    /// <summary>Fits a head that was taken over from a checkpoint to the outputs.</summary>
    /// <exception cref="ArgumentException">It is a head for something else.</exception>
    public abstract void FitTakenOverHead(Network network, OutputColumns outputs);

    /// <summary>The scale that the labels are learned on. Both sets of labels give it from now on; null: as they are.</summary>
    public virtual NumberScale? ChooseScale(Network network, RowLabels training, RowLabels? validation) => null;

    /// <summary>What training makes small. The caller disposes it.</summary>
    public abstract TaskLoss CreateLoss(OutputColumns outputs, RowLabels training, Device device);

    /// <summary>What is measured on validation rows, empty: first what decides which epoch is best, then what is also told.</summary>
    public abstract IReadOnlyList<Metric> CreateMetrics();
}
