namespace Microsoft.ML.Eva.Hub;

/// <summary>Says what a cached snapshot has, without asking the hub.</summary>
internal static class CachedSnapshot
{
    /// <summary>The files without which the snapshot cannot be loaded; empty if it can.</summary>
    public static IReadOnlyList<string> Lacks(string folder, HubTarget target)
    {
        var missing = new List<string>();
        if (!Has(folder, NeededFiles.Configuration))
            missing.Add(NeededFiles.Configuration);
        if (Has(folder, NeededFiles.Weights))
            return missing;
        if (!Has(folder, NeededFiles.WeightIndex))
            missing.Add(NeededFiles.Weights);
        else
            missing.AddRange(ShardIndex.ReadShards(Path.Combine(folder, NeededFiles.WeightIndex), target with { File = NeededFiles.WeightIndex }).Where(shard => !Has(folder, shard)));
        return missing;
    }

    /// <summary>Whether it also has a vocabulary or the settings of pictures. Python may have fetched the weights alone.</summary>
    public static bool HasInputFile(string folder) => NeededFiles.HasInputFile(name => Has(folder, name));

    private static bool Has(string folder, string name) => HubCache.LengthOf(Path.Combine(folder, name)) is not null;
}
