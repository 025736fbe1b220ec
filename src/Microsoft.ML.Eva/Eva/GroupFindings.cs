namespace Microsoft.ML.Eva.Eva;

/// <summary>What a warm-up found about the one input of a group of layers. Owns the components.</summary>
/// <param name="Members">Places of the layers in the plan, in order.</param>
/// <param name="Components">As many as the largest rank any adapter may give one of the layers.</param>
/// <param name="Updates">How often the decomposition was brought up to date.</param>
/// <param name="IsClosed">Whether the group left the warm-up for good before its end.</param>
/// <param name="Convergence">Which components were stable at the end.</param>
internal sealed record GroupFindings(IReadOnlyList<int> Members, PrincipalComponents Components, int Updates, bool IsClosed, Convergence Convergence) : IDisposable
{
    /// <summary>The same with no more than the leading <paramref name="count"/> components, in a tensor of its own.</summary>
    public GroupFindings Leading(int count) => this with { Components = Components.Leading(count) };

    /// <inheritdoc/>
    public void Dispose() => Components.Dispose();
}
