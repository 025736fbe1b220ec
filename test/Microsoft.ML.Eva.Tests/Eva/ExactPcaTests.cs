using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

public class ExactPcaTests
{
    public static TheoryData<string> Names => [.. Cases()];

    [Theory]
    [Trait("Category", "Fixtures")]
    [MemberData(nameof(Names))]
    public void Add_AllBatches_EqualsDecompositionOfAllRows(string name)
    {
        Compare(name, isCentered: true);
        Compare(name, isCentered: false);
    }

    private static void Compare(string name, bool isCentered)
    {
        var tensors = Fixture.Tensors("ipca", $"{name}.safetensors");
        var prefix = isCentered ? "exact.centred." : "exact.uncentred.";
        var expected = tensors[prefix + "components"].to(float64);
        using var pca = new ExactPca((int)expected.shape[0], isCentered, seed: 1);
        for (var step = 0; tensors.ContainsKey($"batch{step}"); step++)
            pca.Add(tensors[$"batch{step}"]);
        pca.Refine();

        var tolerances = Fixture.Json("peft_manifest.json").GetProperty("tolerances").GetProperty("ipca");
        var values = tensors[prefix + "singular_values"].to(float64);
        var distinct = Distinct(values);
        Fixture.AssertClose(expected[..distinct], pca.Current!.Components.to(float64)[..distinct], tolerances.GetProperty("components").GetDouble(), "components");
        Fixture.AssertClose(values / values, tensor(pca.Current.SingularValues.ToArray()) / values, tolerances.GetProperty("singular_values_relative").GetDouble(), "singular values");
        Fixture.AssertClose(tensors[prefix + "explained_variance_ratio"].to(float64), tensor(pca.Current.ExplainedVarianceRatio()), tolerances.GetProperty("ratio").GetDouble(), "ratio");
    }

    private static IEnumerable<string> Cases() =>
        Fixture.Cases("peft_manifest.json", "ipca").Where(c => c.GetProperty("settings").TryGetProperty("batch_sizes", out _)).Select(c => c.GetProperty("name").GetString()!);

    // Rows in float32 leave directions undetermined to rounding times the largest eigenvalue over the gap.
    private static int Distinct(Tensor singularValues)
    {
        var squares = singularValues.data<double>().Select(value => value * value).ToArray();
        for (var i = 0; i + 1 < squares.Length; i++)
            if (1e-7 * squares[0] / (squares[i] - squares[i + 1]) > 1e-5)
                return i;
        return squares.Length;
    }

    [Theory]
    [InlineData(384, 16, 200, 6)]
    [InlineData(384, 64, 900, 4)]
    [InlineData(700, 8, 50, 8)]
    [InlineData(700, 8, 2000, 3)]
    public void Add_WideRows_EqualsFullDecomposition(int features, int count, int rows, int batches)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var mixing = linalg.qr(randn(features, features, dtype: float64, generator: generator)).Q * arange(1, features + 1, dtype: float64).pow(-0.6).unsqueeze(1);
        var all = (randn(rows * batches, features, dtype: float64, generator: generator).matmul(mixing) + 5 * randn(features, dtype: float64, generator: generator)).to(float32);
        using var pca = new ExactPca(count, true, seed: 3);
        foreach (var batch in all.split(rows))
            pca.Add(batch);
        pca.Refine();

        var centred = all.to(float64) - all.to(float64).mean([0L], false, float64);
        var (values, vectors) = linalg.eigh(centred.t().matmul(centred));
        var expected = vectors.flip(1).narrow(1, 0, count).t();
        var cosines = (expected * pca.Current!.Components.to(float64)).sum(1).abs();
        Assert.True(cosines.min().item<double>() > 0.9999, $"smallest cosine {cosines.min().item<double>()}");
        var sigma = values.flip(0).narrow(0, 0, count).sqrt();
        Fixture.AssertClose(sigma / sigma, tensor(pca.Current.SingularValues.ToArray()) / sigma, 1e-5, "singular values");
        Fixture.AssertClose(eye(count, dtype: float64), pca.Current.Components.to(float64).matmul(pca.Current.Components.to(float64).t()), 1e-5, "orthonormality");
    }
}
