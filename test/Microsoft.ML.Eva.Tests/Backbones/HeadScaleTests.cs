using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Tests.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

public sealed class HeadScaleTests
{
    [Fact]
    public void ToLabels_UndoesTheScaleInTheOutput()
    {
        using var scope = NewDisposeScope();
        using var gradient = no_grad();
        using var network = TinyNetwork.Create(outputs: 1);
        using var batch = TinyRows.Create(5).EvaluationBatches(5).Single();
        var scale = new NumberScale(Shift: 40, Factor: 7);
        var before = network.Forward(batch, ForwardMode.Evaluation);

        HeadScale.ToLabels(network.Head, scale);
        Fixture.AssertClose(before * 7 + 40, network.Forward(batch, ForwardMode.Evaluation), 1e-4, "labels");

        HeadScale.ToScaled(network.Head, scale);
        Fixture.AssertClose(before, network.Forward(batch, ForwardMode.Evaluation), 1e-5, "scaled");
    }

    [Fact]
    public void Of_GivesMeanAndDeviation_OrRootOfMeanSquareWithoutShift()
    {
        Assert.Equal(new NumberScale(3, 2), NumberScale.Of([1, 5, 1, 5], mayShift: true));
        Assert.Equal(new NumberScale(0, Math.Sqrt(13)), NumberScale.Of([1, 5, 1, 5], mayShift: false));
        Assert.Equal(new NumberScale(4, 1), NumberScale.Of([4, 4], mayShift: true));
        Assert.Equal(-1, new NumberScale(3, 2).Apply(1));
    }
}
