using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>What an estimator promises of its output before it has seen data.</summary>
internal static class OutputShapes
{
    /// <summary>The input's shape with the columns of a classifier added.</summary>
    public static SchemaShape AddClassification(SchemaShape input, SchemaShape.Column label, string scoreName, string predictedLabelName)
    {
        var columns = input.ToDictionary(column => column.Name);
        columns[scoreName] = new SchemaShape.Column(scoreName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false,
            new SchemaShape(AnnotationUtils.AnnotationsForMulticlassScoreColumn(label)));
        columns[predictedLabelName] = new SchemaShape.Column(predictedLabelName, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true,
            new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation().Concat(label.Annotations.Where(a => a.Name == AnnotationUtils.Kinds.KeyValues))));
        return new SchemaShape(columns.Values);
    }

    /// <summary>The input's shape with the column of a regression added.</summary>
    public static SchemaShape AddRegression(SchemaShape input, string scoreName)
    {
        var columns = input.ToDictionary(column => column.Name);
        columns[scoreName] = new SchemaShape.Column(scoreName, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, false,
            new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation()));
        return new SchemaShape(columns.Values);
    }

    /// <summary>The input's shape with the columns of a model of several labels added.</summary>
    public static SchemaShape AddLabelSet(SchemaShape input, string scoreName, string predictedLabelName)
    {
        var columns = input.ToDictionary(column => column.Name);
        var slotNames = new SchemaShape([new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)]);
        columns[scoreName] = new SchemaShape.Column(scoreName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false, slotNames);
        columns[predictedLabelName] = new SchemaShape.Column(predictedLabelName, SchemaShape.Column.VectorKind.Vector, BooleanDataViewType.Instance, false, slotNames);
        return new SchemaShape(columns.Values);
    }
}
