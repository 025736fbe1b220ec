using Microsoft.ML.Data;

namespace GlueClassification;

/// <summary>The number that a task is compared by.</summary>
internal sealed record TaskScore(string Name, double Value)
{
    public static TaskScore Of(string task, MulticlassClassificationMetrics metrics) => task == "cola"
        ? new("matthews", Matthews(metrics.ConfusionMatrix))
        : new("accuracy", metrics.MicroAccuracy);

    /// <summary>Matthews' correlation coefficient for any number of classes (Gorodkin's R_K); 0 where it is undefined because all is of one class.</summary>
    private static double Matthews(ConfusionMatrix matrix)
    {
        double all = 0, right = 0, joint = 0, predictedSquares = 0, actualSquares = 0;
        for (var k = 0; k < matrix.NumberOfClasses; k++)
        {
            var actual = matrix.Counts[k].Sum();
            var predicted = matrix.Counts.Sum(row => row[k]);
            all += actual;
            right += matrix.Counts[k][k];
            joint += actual * predicted;
            predictedSquares += predicted * predicted;
            actualSquares += actual * actual;
        }
        var scale = Math.Sqrt((all * all - predictedSquares) * (all * all - actualSquares));
        return scale > 0 ? (right * all - joint) / scale : 0;
    }
}
