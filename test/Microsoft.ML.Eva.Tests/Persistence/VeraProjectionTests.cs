using System.Text.Json.Nodes;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Tests.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Persistence;

[Trait("Category", "Fixtures")]
public sealed class VeraProjectionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("eva-vera-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_ProjectionNotSaved_IsDrawnAgainFromItsSeed()
    {
        using var scope = NewDisposeScope();
        var item = Fixture.Cases("peft_manifest.json", "adapter").First(c => c.GetProperty("settings").GetProperty("peft_type").GetString() == "VERA");
        var folder = item.GetProperty("folder").GetString()!;
        var config = JsonNode.Parse(File.ReadAllText(Fixture.PathTo(folder, "adapter_config.json")))!;
        config["save_projection"] = false;
        File.WriteAllText(Path.Combine(_folder, "adapter_config.json"), config.ToJsonString());
        var tensors = Fixture.Tensors(folder, "adapter_model.safetensors");
        SafetensorsWriter.WriteFile(Path.Combine(_folder, "adapter_model.safetensors"), tensors.Where(t => !t.Key.StartsWith("base_model.vera_", StringComparison.Ordinal)).ToDictionary());
        var expected = Fixture.Tensors(folder, "expected.safetensors");
        using var network = AdapterBase.Load(Fixture.Json(folder, "case.json").GetProperty("base").GetString()!, (int)expected["logits_base"].shape[^1]);
        using var batch = AdapterBase.BatchOf(expected);

        AdapterFolder.Read(_folder, network);

        Fixture.AssertClose(expected["logits_adapter"], network.Forward(batch, ForwardMode.Evaluation), 1e-4, "logits");
        tensors.Dispose();
        expected.Dispose();
    }
}
