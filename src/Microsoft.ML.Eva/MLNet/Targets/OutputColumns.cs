using Microsoft.ML.Data;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>What a fitted model's outputs mean, and the columns they become.</summary>
internal abstract class OutputColumns(string scoreName)
{
    /// <summary>Name of the column of scores.</summary>
    public string ScoreName { get; } = scoreName;

    /// <summary>Name of the column that says what is predicted; null where the score itself does.</summary>
    public virtual string? PredictedLabelName => null;

    /// <summary>The classes; null where there are none.</summary>
    public virtual LabelClasses? Classes => null;

    /// <summary>The score from which something is predicted, where there is one.</summary>
    public virtual double? Threshold => null;

    /// <summary>How the network's outputs become scores.</summary>
    public abstract OutputKind Kind { get; }

    /// <summary>Number of outputs of the network.</summary>
    public virtual int Count => Classes?.Count ?? 1;

    /// <summary>Appends the columns to a schema.</summary>
    public abstract void AddTo(DataViewSchema.Builder builder);

    /// <summary>Whether the column is one of these, and not one of the input that these hide.</summary>
    public bool IsOutput(DataViewSchema.Column column, DataViewSchema outputSchema) =>
        column.Index >= outputSchema.Count - (PredictedLabelName is null ? 1 : 2);

    /// <summary>A getter of one of these columns over the row's scores.</summary>
    public abstract Delegate CreateGetter(DataViewSchema.Column column, Func<float[]> scores);

    /// <summary>Writes what the manifest does not say.</summary>
    public void Write(IModelStreamWriter streams)
    {
        if (Classes is { } classes)
            streams.Write("labels.json", stream => LabelKeys.Write(stream, classes));
    }

    /// <summary>The columns of a saved model.</summary>
    /// <exception cref="InvalidDataException">The task is unknown, or the file does not fit together.</exception>
    public static OutputColumns Read(ModelManifest manifest, IModelStreamReader streams)
    {
        OutputColumns columns = ModelTasks.Parse(manifest.Task).Learning switch
        {
            LearningTask.Regression => new NumberColumns(manifest.ScoreColumn),
            LearningTask.MultiLabel => new LabelSetColumns(manifest.ScoreColumn, PredictedLabelColumn(manifest), streams.Read("labels.json", LabelKeys.Read), manifest.Threshold ?? throw new InvalidDataException("The model file's manifest.json lacks threshold.")),
            _ => new ClassColumns(manifest.ScoreColumn, PredictedLabelColumn(manifest), streams.Read("labels.json", LabelKeys.Read)),
        };
        return columns.Count == manifest.Outputs ? columns
            : throw new InvalidDataException($"The model file names {columns.Count} classes for {manifest.Outputs} outputs.");
    }

    /// <summary>Copies scores into a vector.</summary>
    protected static void Copy(float[] scores, ref VBuffer<float> value)
    {
        var editor = VBufferEditor.Create(ref value, scores.Length);
        scores.CopyTo(editor.Values);
        value = editor.Commit();
    }

    /// <summary>What ML.NET's own trainers say of their outputs, so that evaluators and calibrators recognise them.</summary>
    protected static void AddScoreKind(DataViewSchema.Annotations.Builder builder, string scoreKind, string valueKind)
    {
        var (kind, value) = (scoreKind.AsMemory(), valueKind.AsMemory());
        builder.Add(AnnotationUtils.Kinds.ScoreColumnSetId, AnnotationUtils.ScoreColumnSetIdType, (ref uint id) => id = 1);
        builder.Add(AnnotationUtils.Kinds.ScoreColumnKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> text) => text = kind);
        builder.Add(AnnotationUtils.Kinds.ScoreValueKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> text) => text = value);
    }

    private static string PredictedLabelColumn(ModelManifest manifest) =>
        manifest.PredictedLabelColumn ?? throw new InvalidDataException("The model file's manifest.json lacks predicted_label_column.");
}
