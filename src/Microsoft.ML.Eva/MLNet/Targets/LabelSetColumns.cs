using Microsoft.ML.Data;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>The columns that a model of several labels adds: every label's probability, and whether it reaches the threshold; both with slot names.</summary>
internal sealed class LabelSetColumns(string scoreName, string predictedLabelName, LabelClasses classes, double threshold) : OutputColumns(scoreName)
{
    /// <inheritdoc/>
    public override string PredictedLabelName { get; } = predictedLabelName;

    /// <inheritdoc/>
    public override LabelClasses Classes { get; } = classes;

    /// <inheritdoc/>
    public override OutputKind Kind => OutputKind.Labels;

    /// <summary>The probability from which a label is predicted.</summary>
    public override double? Threshold { get; } = threshold;

    /// <inheritdoc/>
    public override void AddTo(DataViewSchema.Builder builder)
    {
        builder.AddColumn(PredictedLabelName, new VectorDataViewType(BooleanDataViewType.Instance, Count), SlotNames());
        builder.AddColumn(ScoreName, new VectorDataViewType(NumberDataViewType.Single, Count), SlotNames());
    }

    /// <inheritdoc/>
    public override Delegate CreateGetter(DataViewSchema.Column column, Func<float[]> scores) =>
        column.Name == ScoreName
            ? new ValueGetter<VBuffer<float>>((ref VBuffer<float> value) => Copy(scores(), ref value))
            : new ValueGetter<VBuffer<bool>>((ref VBuffer<bool> value) => Predict(scores(), ref value));

    private void Predict(float[] scores, ref VBuffer<bool> value)
    {
        var editor = VBufferEditor.Create(ref value, scores.Length);
        for (var i = 0; i < scores.Length; i++)
            editor.Values[i] = scores[i] >= (float)Threshold!.Value;
        value = editor.Commit();
    }

    private DataViewSchema.Annotations SlotNames()
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddSlotNames(Classes);
        return builder.ToAnnotations();
    }
}
