using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data;

/// <summary>Rows on their way through the network. Owns and disposes its tensors.</summary>
internal sealed class Batch : IDisposable
{
    /// <summary>Token ids [batch, tokens] int64, or pixel values [batch, 3, height, width] float32, or steps of episodes [batch, steps, columns] float32 as <see cref="Trajectories.StepColumns"/> lays them out.</summary>
    public required Tensor Inputs { get; init; }

    /// <summary>1 for tokens, 0 for padding [batch, tokens] int64; null where there is no padding (pictures). A step of an episode is three tokens.</summary>
    public Tensor? Mask { get; init; }

    /// <summary>0 for the first text's tokens, 1 for the second's [batch, tokens] int64; null where the model knows no types.</summary>
    public Tensor? TokenTypes { get; init; }

    /// <summary>Class indices [batch] int64, numbers [batch] float32, actions [batch, steps, action] float32, or null when there is nothing to learn.</summary>
    public Tensor? Labels { get; init; }

    /// <summary>How much each row counts in the loss [batch] float32; null where all count the same.</summary>
    public Tensor? RowWeights { get; init; }

    /// <summary>Which rows of their source these are, in the batch's order; null where nobody asks.</summary>
    public IReadOnlyList<int>? Rows { get; init; }

    /// <summary>Number of rows.</summary>
    public int RowCount => (int)Inputs.shape[0];

    /// <summary>Some neighbouring rows as a batch of its own, over the same memory.</summary>
    public Batch Slice(int start, int count)
    {
        Tensor? Part(Tensor? tensor) => tensor?.narrow(0, start, count).DetachFromDisposeScope();
        return new Batch
        {
            Inputs = Part(Inputs)!,
            Mask = Part(Mask),
            TokenTypes = Part(TokenTypes),
            Labels = Part(Labels),
            RowWeights = Part(RowWeights),
            Rows = Rows is null ? null : [.. Rows.Skip(start).Take(count)],
        };
    }

    /// <summary>What one row is made of, for messages.</summary>
    public string RowShape => Inputs.dim() == 2 ? $"{Inputs.shape[1]} tokens" : $"{string.Join(" × ", Inputs.shape[1..])} numbers";

    /// <inheritdoc/>
    public void Dispose()
    {
        Inputs.Dispose();
        Mask?.Dispose();
        TokenTypes?.Dispose();
        Labels?.Dispose();
        RowWeights?.Dispose();
    }
}
