using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.Hub;

/// <summary>The rules for names that become addresses and paths. Names from the user and names from the hub are trusted equally little.</summary>
internal static partial class HubNames
{
    /// <summary>Checks a repository's name.</summary>
    /// <exception cref="ArgumentException">It is no name of a hub repository.</exception>
    public static void CheckRepository(string repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        if (repository.Length > 96 || !RepositoryPattern().IsMatch(repository)
            || repository.Contains("--", StringComparison.Ordinal) || repository.Contains("..", StringComparison.Ordinal) || repository.EndsWith(".git", StringComparison.Ordinal))
            throw new ArgumentException($"'{Shorten(repository)}' is no name of a hub repository. Use 'organization/name' as the model's page shows it, with at most 96 letters, digits, '-', '_' and '.'; for a folder use Checkpoint.FromFolder.", nameof(repository));
    }

    /// <summary>Checks the name of a branch, tag or commit.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static void CheckRevision(string revision)
    {
        ArgumentNullException.ThrowIfNull(revision);
        if (revision.Length > 200 || !RevisionPattern().IsMatch(revision) || !IsInside(revision) || revision.EndsWith(".lock", StringComparison.Ordinal))
            throw new ArgumentException($"'{Shorten(revision)}' is no revision. Use a branch ('main'), a tag, a commit of 40 hexadecimal digits, or a pull request ('refs/pr/1').", nameof(revision));
    }

    /// <summary>Whether a name with '/' between its parts stays inside the folder it is joined to, on every operating system.</summary>
    public static bool IsInside(string name) =>
        name.Length is > 0 and <= 1024 && !name.Contains('\\') && !name.Any(char.IsControl)
        && !(name.Length > 1 && name[1] == ':') && name.Split('/').All(part => part is not ("" or "." or ".."));

    /// <summary>Whether a name can be a shard of the weights: a safetensors file beside its index.</summary>
    public static bool IsShard(string name) => ShardPattern().IsMatch(name) && IsInside(name);

    /// <summary>Whether a text is a full commit hash.</summary>
    public static bool IsCommit(string text) => CommitPattern().IsMatch(text);

    /// <summary>A foreign text made fit for a message.</summary>
    public static string Shorten(string text)
    {
        var clean = string.Concat(text.Take(120).Select(c => char.IsControl(c) ? '?' : c));
        return text.Length > 120 ? clean + "…" : clean;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?(/[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?)?\z")]
    private static partial Regex RepositoryPattern();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.+@=#-]*(/[A-Za-z0-9_][A-Za-z0-9_.+@=#-]*)*\z")]
    private static partial Regex RevisionPattern();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,199}\.safetensors\z")]
    private static partial Regex ShardPattern();

    [GeneratedRegex(@"\A[0-9a-f]{40}\z")]
    private static partial Regex CommitPattern();
}
