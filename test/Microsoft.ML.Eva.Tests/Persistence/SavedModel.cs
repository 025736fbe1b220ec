using System.IO.Compression;
using Microsoft.ML.Eva.Tests.MLNet;

namespace Microsoft.ML.Eva.Tests.Persistence;

/// <summary>The file of a small model, for taking apart.</summary>
internal static class SavedModel
{
    private static readonly Lazy<byte[]> Sound = new(Save);

    /// <summary>The file as it was saved.</summary>
    public static byte[] Bytes => Sound.Value;

    private static byte[] Save()
    {
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(TinyData.Rows());
        using var file = new MemoryStream();
        using var model = ml.Trainer(TinyData.TinyOptions(epochs: 1)).Fit(ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data));
        ml.Model.Save(model, data.Schema, file);
        return file.ToArray();
    }

    /// <summary>The contents of the entries.</summary>
    public static Dictionary<string, byte[]> Unzip(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        return zip.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var content = new MemoryStream();
            using var stream = entry.Open();
            stream.CopyTo(content);
            return content.ToArray();
        });
    }

    /// <summary>A file with these entries.</summary>
    public static byte[] Zip(Dictionary<string, byte[]> entries)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content) in entries)
            {
                using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                stream.Write(content);
            }
        return file.ToArray();
    }
}
