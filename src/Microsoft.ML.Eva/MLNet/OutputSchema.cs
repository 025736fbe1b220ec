using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>What an estimator promises of its output before it has seen data.</summary>
internal static class OutputSchema
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

    /// <summary>The input's shape with a column of vectors of Single added.</summary>
    public static SchemaShape AddVector(SchemaShape input, string name)
    {
        var columns = input.ToDictionary(column => column.Name);
        columns[name] = new SchemaShape.Column(name, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false);
        return new SchemaShape(columns.Values);
    }
}
