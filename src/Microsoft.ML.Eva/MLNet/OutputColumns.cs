using Microsoft.ML.Data;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>The columns a fitted classifier adds: the classes' probabilities with slot names, and the most probable class as a key.</summary>
internal sealed class OutputColumns(string scoreName, string predictedLabelName, LabelClasses classes)
{
    private readonly VectorDataViewType _scoreType = new(NumberDataViewType.Single, classes.Count);
    private readonly KeyDataViewType _labelType = new(typeof(uint), (ulong)classes.Count);

    /// <summary>The classes.</summary>
    public LabelClasses Classes { get; } = classes;

    /// <summary>Name of the column of probabilities.</summary>
    public string ScoreName { get; } = scoreName;

    /// <summary>Name of the column of the most probable class.</summary>
    public string PredictedLabelName { get; } = predictedLabelName;

    /// <summary>Appends both columns to a schema.</summary>
    public void AddTo(DataViewSchema.Builder builder)
    {
        builder.AddColumn(PredictedLabelName, _labelType, LabelAnnotations());
        builder.AddColumn(ScoreName, _scoreType, ScoreAnnotations());
    }

    /// <summary>Whether the column is one of these, and not one of the input that these hide.</summary>
    public bool IsOutput(DataViewSchema.Column column, DataViewSchema outputSchema) => column.Index >= outputSchema.Count - 2;

    /// <summary>A getter of one of these columns over the row's probabilities.</summary>
    public Delegate CreateGetter(DataViewSchema.Column column, Func<float[]> scores) =>
        column.Name == ScoreName
            ? new ValueGetter<VBuffer<float>>((ref VBuffer<float> value) => Copy(scores(), ref value))
            : new ValueGetter<uint>((ref uint value) => value = (uint)IndexOfLargest(scores()) + 1);

    private static void Copy(float[] scores, ref VBuffer<float> value)
    {
        var editor = VBufferEditor.Create(ref value, scores.Length);
        scores.CopyTo(editor.Values);
        value = editor.Commit();
    }

    private static int IndexOfLargest(float[] scores)
    {
        var best = 0;
        for (var i = 1; i < scores.Length; i++)
            if (scores[i] > scores[best])
                best = i;
        return best;
    }

    private DataViewSchema.Annotations LabelAnnotations()
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddKeyValues(Classes);
        AddScoreKind(builder, AnnotationUtils.Const.ScoreValueKind.PredictedLabel);
        return builder.ToAnnotations();
    }

    private DataViewSchema.Annotations ScoreAnnotations()
    {
        var names = Classes.Names.Select(name => name.AsMemory()).ToArray();
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddSlotNames(names.Length, (ref VBuffer<ReadOnlyMemory<char>> value) => new VBuffer<ReadOnlyMemory<char>>(names.Length, names).CopyTo(ref value));
        AddScoreKind(builder, AnnotationUtils.Const.ScoreValueKind.Score);
        return builder.ToAnnotations();
    }

    // What ML.NET's own trainers say of their outputs, so that evaluators and calibrators recognise them.
    private static void AddScoreKind(DataViewSchema.Annotations.Builder builder, string valueKind)
    {
        var kind = AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification.AsMemory();
        var value = valueKind.AsMemory();
        builder.Add(AnnotationUtils.Kinds.ScoreColumnSetId, AnnotationUtils.ScoreColumnSetIdType, (ref uint id) => id = 1);
        builder.Add(AnnotationUtils.Kinds.ScoreColumnKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> text) => text = kind);
        builder.Add(AnnotationUtils.Kinds.ScoreValueKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> text) => text = value);
    }
}
