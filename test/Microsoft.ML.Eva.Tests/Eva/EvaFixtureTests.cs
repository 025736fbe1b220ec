using System.Text.Json;
using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

/// <summary>PEFT's EVA with full decompositions, pass by pass.</summary>
[Trait("Category", "Fixtures")]
public class EvaFixtureTests
{
    public static TheoryData<string> Names => [.. EvaCase.Names];

    private static JsonElement Tolerances => Fixture.Json("peft_manifest.json").GetProperty("tolerances").GetProperty("eva");

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_PeftCompatible_EqualsPeft(string name)
    {
        using var scope = NewDisposeScope();
        using var reference = new EvaCase(name);
        using var result = reference.Run(reference.PeftOptions());

        Assert.True(result.HasConverged);
        Assert.Equal(reference.Facts.GetProperty("forward_passes").GetInt32(), result.ForwardPasses);
        Assert.Equal(reference.Facts.GetProperty("svd_passes").GetInt32(), result.Batches);
        AssertLayers(reference, result);
        AssertStart(reference, result);
        AssertTrace(reference, result);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_PreservingScaling_GivesTheAlphaThatDoes(string name)
    {
        using var reference = new EvaCase(name);
        if (!reference.IsRankStabilized)
            return; // elsewhere PEFT preserves it, which the test above covers
        var options = reference.PeftOptions();
        options.AlphaAdjustment = EvaAlphaAdjustment.PreserveScaling;
        using var result = reference.Run(options);
        foreach (var planned in result.Plan.Layers)
        {
            var facts = reference.Facts.GetProperty("layers").GetProperty(reference.ReferenceName(planned.Layer));
            Assert.Equal(facts.GetProperty("alpha_that_preserves_scaling").GetDouble(), planned.Alpha, 6);
            Assert.Equal(facts.GetProperty("initial_scaling").GetDouble(), planned.Alpha / Math.Sqrt(planned.Rank), 6);
        }
    }

    [Fact]
    public void Run_JoiningShortBatches_EqualsJoinedBatches()
    {
        using var joined = new EvaCase("short_batches_joined");
        using var separate = new EvaCase("short_batches");
        using var expected = joined.Run(joined.PeftOptions());
        var options = separate.PeftOptions();
        options.JoinsShortBatches = true;
        using var actual = separate.Run(options);

        Assert.Equal(expected.Layers.Select(layer => (layer.Name, layer.Rank, layer.Updates, layer.RowCount)), actual.Layers.Select(layer => (layer.Name, layer.Rank, layer.Updates, layer.RowCount)));
        foreach (var (layer, a) in expected.Components)
            Fixture.AssertClose(a, actual.Components.Single(other => other.Key.Name == layer.Name).Value, 1e-5, layer.Name);
    }

    [Fact]
    public void Run_OutliersUnderThePadding_ChangeNothing()
    {
        using var plain = new EvaCase("mask_plain");
        using var outliers = new EvaCase("mask_outliers");
        using var expected = plain.Run(plain.PeftOptions());
        using var actual = outliers.Run(outliers.PeftOptions());

        Assert.Equal(expected.Layers.Select(layer => (layer.Name, layer.Rank)), actual.Layers.Select(layer => (layer.Name, layer.Rank)));
        foreach (var (layer, a) in expected.Components)
            Fixture.AssertClose(a, actual.Components.Single(other => other.Key.Name == layer.Name).Value, 0, layer.Name);
    }

    private static void AssertLayers(EvaCase reference, EvaResult result)
    {
        var tied = reference.Facts.GetProperty("tied_at_budget").GetArrayLength() > 0;
        var removed = new List<string>();
        foreach (var (planned, found) in reference.Plan.Layers.Zip(result.Layers))
        {
            var name = reference.ReferenceName(planned.Layer);
            var facts = reference.Facts.GetProperty("layers").GetProperty(name);
            var rank = (tied ? reference.Facts.GetProperty("ranks_with_stable_ties").GetProperty(name) : facts.GetProperty("rank")).GetInt32();
            Assert.Equal((name, rank), (name, found.Rank));
            Assert.Equal((name, facts.GetProperty("updates").GetInt32()), (name, found.Updates));
            Assert.Equal((name, facts.GetProperty("rows_seen").GetInt64()), (name, found.RowCount));
            var owner = facts.GetProperty("shares_inputs_with").GetString();
            Assert.Equal(owner, found.SharesInputWith is null ? null : reference.ReferenceName(reference.Plan.Layers.Single(other => other.Layer.Name == found.SharesInputWith).Layer));
            Assert.Equal(facts.GetProperty("k").GetInt32(), found.SingularValues.Count);
            AssertClose(facts.GetProperty("explained_variance_ratio").EnumerateArray().Select(value => value.GetDouble()), found.ExplainedVarianceRatio, "ratio", name);
            if (found.Rank == 0)
                removed.Add(name);
            else if (facts.GetProperty("rank").GetInt32() == found.Rank)
                Assert.Equal(facts.GetProperty("alpha").GetDouble(), result.Plan.Layers.Single(layer => layer.Layer == planned.Layer).Alpha, 6);
        }
        if (!tied)
            Assert.Equal(reference.Facts.GetProperty("removed_layers").EnumerateArray().Select(layer => layer.GetString()!), removed);
        Assert.Equal(reference.Facts.GetProperty("budget").GetInt32(), result.Layers.Sum(layer => layer.Rank));
    }

    private static void AssertStart(EvaCase reference, EvaResult result)
    {
        foreach (var (layer, a) in result.Components)
        {
            var name = reference.ReferenceName(layer);
            if (!reference.Tensors.TryGetValue($"A_corrected/{name}", out var expected) && !reference.Tensors.TryGetValue($"A/{name}", out expected))
                continue; // a sharer's start is its owner's, shortened
            var rank = Math.Min(expected.shape[0], a.shape[0]); // they differ where a tie was cut
            var tolerance = Tolerances.GetProperty(expected.dtype == ScalarType.Float16 ? "A_float16" : "A").GetDouble();
            Fixture.AssertClose(expected[..(int)rank], a[..(int)rank], tolerance, $"A/{name}");
        }
    }

    private static void AssertTrace(EvaCase reference, EvaResult result)
    {
        foreach (var owner in result.Layers.Where(layer => layer.SharesInputWith is null))
        {
            var name = reference.ReferenceName(reference.Plan.Layers.Single(layer => layer.Layer.Name == owner.Name).Layer);
            var updates = result.Passes.SelectMany(pass => pass.Updates.Where(update => update.Layer == owner.Name).Select(update => (pass.Number, update))).ToList();
            if (reference.Tensors.TryGetValue($"trace.pass_and_rows/{name}", out var expected))
                Assert.Equal(expected.to(int64).data<long>().Chunk(2).Select(row => (row[0], row[1])), updates.Select(update => ((long)update.Number, update.update.RowCount)));
            if (reference.Tensors.TryGetValue($"trace.ratio/{name}", out var ratios))
                AssertClose(ratios.to(float64).data<double>(), updates.SelectMany(update => update.update.ExplainedVarianceRatio), "ratio", name);
            if (reference.Tensors.TryGetValue($"trace.similarity/{name}", out var similarities))
                AssertClose(similarities.to(float64).data<double>(), updates.Skip(1).SelectMany(update => update.update.Similarities), "similarity", name);
        }
        // PEFT cuts ties among layers with equal inputs arbitrarily: what they get together is what can be compared.
        var ranks = reference.Tensors["trace.ranks"].to(int64).data<long>().Chunk(result.Layers.Count).Select(pass => Together(result, pass));
        Assert.Equal(ranks, result.Passes.Where(pass => pass.Ranks is not null).Select(pass => Together(result, [.. pass.Ranks!.Select(rank => (long)rank)])));
    }

    private static string Together(EvaResult result, long[] ranks) => string.Join(" ", result.Layers
        .Zip(ranks)
        .GroupBy(layer => layer.First.SharesInputWith ?? layer.First.Name)
        .Select(group => string.Join(",", group.Select(layer => layer.Second).OrderDescending())));

    private static void AssertClose(IEnumerable<double> expected, IEnumerable<double> actual, string tolerance, string what) =>
        Fixture.AssertClose(tensor(expected.ToArray()), tensor(actual.ToArray()), Tolerances.GetProperty(tolerance).GetDouble(), $"{tolerance} of {what}");
}
