using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Tensors;

public class ScalarsTests
{
    [Fact]
    public void Of_CollectionBeforeTheCall_KeepsTheNumbers()
    {
        var numbers = MakeAndForget(Scalars.Kept);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.All(numbers, number => Assert.True(number.IsAlive));

        MakeAndForget(Scalars.Kept);
        GC.Collect();
        Assert.All(numbers, number => Assert.False(number.IsAlive));
    }

    [Fact]
    public void Arithmetic_EqualsOperators()
    {
        using var scope = NewDisposeScope();
        Tensor x = tensor(new[] { 1f, 2f, 5f }), y = tensor(new[] { 3f, -1f, 0.5f }), whole = tensor(new[] { 7L, 8L });

        AssertEqual(x + y, x.Plus(y));
        AssertEqual(x + 0.1, x.Plus(0.1));
        AssertEqual(x - 0.1, x.Minus(0.1));
        AssertEqual(x * 0.1, x.Times(0.1));
        AssertEqual(x / 0.3, x.Over(0.3));
        AssertEqual(whole + 2, whole.Plus(2));
        AssertEqual(whole - 2, whole.Minus(2));
        AssertEqual(whole * 2, whole.Times(2));
        AssertEqual(whole / 2, whole.Over(2));
        AssertEqual(whole * 0.5, whole.Times(0.5));
    }

    private static void AssertEqual(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.True(expected.Equals(actual));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference[] MakeAndForget(int count) => [.. Enumerable.Range(0, count).Select(i => new WeakReference(Scalars.Of(i + 0.5)))];
}
