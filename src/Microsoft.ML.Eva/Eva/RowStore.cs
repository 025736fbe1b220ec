using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>
/// All rows of a layer's input so far, as a scatter matrix S that can be multiplied: the rows themselves while they are few,
/// their Gram matrix [features, features] as soon as that is the cheaper of the two. Rows are shifted by the first mini-batch's
/// mean and scaled to about 1, so that neither a large mean nor huge or tiny activations cost digits.
/// </summary>
internal sealed class RowStore : IDisposable
{
    // Up to here the Gram matrix is summed in float64; beyond, that would cost more than the products themselves.
    private const int WidestDoubleMatrix = 512;
    private readonly bool _isCentered;
    private readonly int _productWidth;
    private readonly Tensor _shift;
    private readonly Tensor _sum;
    private readonly List<Tensor> _rows = [];
    private readonly bool _keepsMatrix;
    private Tensor? _gram;
    private Tensor? _latest;
    private double _sumOfSquares;

    /// <summary>Prepares for rows like <paramref name="first"/>, which are not added yet.</summary>
    /// <param name="first">The first rows [n, features].</param>
    /// <param name="isCentered">Whether scatter is meant about the mean.</param>
    /// <param name="productWidth">Width of the matrices that <see cref="Multiply"/> will get.</param>
    /// <param name="keepsMatrix">Whether <see cref="Matrix"/> will be asked for.</param>
    public RowStore(Tensor first, bool isCentered, int productWidth, bool keepsMatrix)
    {
        using var scope = NewDisposeScope();
        (_isCentered, _productWidth, _keepsMatrix, Features) = (isCentered, productWidth, keepsMatrix, first.shape[1]);
        var precise = first.to(float64);
        var shift = isCentered ? precise.mean([0L], false, float64) : zeros(Features, dtype: float64, device: first.device);
        var spread = Math.Sqrt((precise - shift).pow(Scalars.Of(2)).mean().item<double>());
        Scale = spread > 0 && double.IsFinite(spread) ? Math.ScaleB(1, -Math.ILogB(spread)) : 1; // a power of two: exact
        _shift = shift.to(first.dtype).DetachFromDisposeScope();
        _sum = zeros(Features, dtype: float64, device: first.device).DetachFromDisposeScope();
    }

    /// <summary>Number of features.</summary>
    public long Features { get; }

    /// <summary>Number of rows.</summary>
    public long RowCount { get; private set; }

    /// <summary>By which the rows are multiplied inside.</summary>
    public double Scale { get; }

    /// <summary>The trace of the scatter matrix, in the scale of the rows as they came.</summary>
    public double TotalScatter => Math.Max(0, _sumOfSquares - (_isCentered ? _sum.pow(Scalars.Of(2)).sum().item<double>() / RowCount : 0)) / Scale / Scale;

    /// <summary>The type that gives all digits there are.</summary>
    public ScalarType Type => _gram?.dtype ?? RowType;

    /// <summary>The type of the rows.</summary>
    public ScalarType RowType => _shift.dtype;

    /// <summary>The device of the rows.</summary>
    public Device Device => _sum.device;

    /// <summary>Takes in [n, features] rows.</summary>
    public void Add(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var scaled = (rows - _shift).mul_(Scalars.Of(Scale));
        _sum.add_(scaled.sum([0L], false, float64), Scalars.One);
        _sumOfSquares += scaled.pow(Scalars.Of(2)).sum(float64).item<double>();
        RowCount += rows.shape[0];
        if (_rows.Count == 0)
            _latest?.Dispose(); // otherwise it is one of the rows kept
        _latest = scaled.DetachFromDisposeScope();
        if (_gram is null && !_keepsMatrix && RowCount <= MostRows(rows.shape[0]))
        {
            _rows.Add(scaled);
            return;
        }
        _gram ??= zeros(Features, Features, dtype: Features <= WidestDoubleMatrix ? float64 : rows.dtype, device: rows.device).DetachFromDisposeScope();
        AddToGram(scaled);
        foreach (var kept in _rows)
        {
            AddToGram(kept);
            kept.Dispose(); // the latest is not among them
        }
        _rows.Clear();
    }

    /// <summary>S about 0 times <paramref name="x"/> [features, columns]. A fresh tensor of x's type.</summary>
    public Tensor Multiply(Tensor x)
    {
        using var scope = NewDisposeScope();
        return (_gram is not null ? _gram.to(x.dtype).matmul(x) : _rows.Select(rows => Product(rows, x)).Aggregate((sum, product) => sum.add_(product, Scalars.One))).MoveToOuterDisposeScope();
    }

    /// <summary>By how much the rows added last changed <see cref="Multiply"/>: their own product. A fresh tensor.</summary>
    public Tensor MultiplyLatest(Tensor x) => Product(_latest!, x);

    /// <summary>From <see cref="Multiply"/>'s <paramref name="product"/> of <paramref name="x"/> to S's product about the mean, where that is meant. A fresh tensor.</summary>
    public Tensor Centered(Tensor product, Tensor x)
    {
        if (!_isCentered)
            return product.alias();
        using var scope = NewDisposeScope();
        var sum = _sum.to(x.dtype).unsqueeze(1);
        return (product - sum.matmul(sum.t().matmul(x)).div_(Scalars.Of(RowCount))).MoveToOuterDisposeScope();
    }

    /// <summary>S itself [features, features], float64. A fresh tensor.</summary>
    public Tensor Matrix()
    {
        using var scope = NewDisposeScope();
        var matrix = _gram is null ? _rows.Select(rows => rows.to(float64)).Select(rows => rows.t().matmul(rows)).Aggregate((a, b) => a.Plus(b)) : _gram.to(float64);
        return (_isCentered ? matrix - _sum.outer(_sum).Over(RowCount) : matrix.alias()).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _shift.Dispose();
        _sum.Dispose();
        _gram?.Dispose();
        _latest?.Dispose();
        foreach (var rows in _rows)
            rows.Dispose();
    }

    // One update takes about two products: 8·N·d·q operations with the rows, 4·d²·q with the matrix and 2·n·d² to bring it up
    // to date, equal at N = n·d/(4·q) + d/2. Most layers have converged before twice as many rows, and then the matrix, as dear
    // as all its updates together, is never made. Rows may take four times the matrix's memory.
    private double MostRows(long added) => Math.Min(4.0 * Features, added * Features / (2.0 * _productWidth) + Features);

    // RᵀRx as ((Rx)ᵀR)ᵀ: the matrix kernels are several times faster with the few columns first.
    private static Tensor Product(Tensor rows, Tensor x)
    {
        using var scope = NewDisposeScope();
        var factor = rows.to(x.dtype);
        return factor.matmul(x).t().matmul(factor).t().MoveToOuterDisposeScope();
    }

    private void AddToGram(Tensor rows)
    {
        var factor = _keepsMatrix ? rows.to(float64) : rows;
        _gram!.add_(factor.t().matmul(factor), Scalars.One);
    }
}
