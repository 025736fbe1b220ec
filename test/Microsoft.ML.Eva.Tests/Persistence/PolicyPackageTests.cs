using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML.Eva.Data.Trajectories;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Tests.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Persistence;

public sealed class PolicyPackageTests
{
    private static readonly PolicySettings Settings = new() { ContextSteps = 3, ReturnScale = 2, BestReturn = 1, StateMean = [1, 2, 3, 4, 5], StateDeviation = [1, 1, 1, 1, 1] };

    [Fact]
    public void Read_WhatWasWritten_IsTheSameNetwork()
    {
        var streams = Write();

        var (manifest, settings, read) = PolicyPackage.Read(streams, new Lazy<Device>(CPU));
        using var _ = read;
        using var network = DecisionFixture.Load("bounded");

        Assert.Equal("Step", manifest.Columns.Action);
        Assert.Equal(Settings.StateMean, settings.StateMean);
        Assert.All(network.Weights.Zip(read.Weights), pair => Assert.True(pair.First.Value.bytes.SequenceEqual(pair.Second.Value.bytes)));
    }

    [Fact]
    public void WriteFolder_OfALoadedPolicy_HasEveryTensorOfTheReferences()
    {
        var folder = Directory.CreateTempSubdirectory("eva-policy-folder-");
        var (_, settings, network) = PolicyPackage.Read(Write(), new Lazy<Device>(CPU));
        using var owned = network;

        PolicyPackage.WriteFolder(folder.FullName, settings, network);

        using var scope = NewDisposeScope();
        var expected = SafetensorsReader.ReadFile(Path.Combine(DecisionFixture.PathTo("bounded"), "model.safetensors"));
        var written = SafetensorsReader.ReadFile(Path.Combine(folder.FullName, "model.safetensors"));
        Assert.Equal(expected.Keys.Order(), written.Keys.Order());
        Assert.All(expected, tensor => Assert.Equal(tensor.Value.data<float>().ToArray(), written[tensor.Key].data<float>().ToArray()));
        Assert.Equal(["config.json", "model.safetensors", "policy.json"], folder.EnumerateFiles().Select(file => file.Name).Order());
        expected.Dispose();
        written.Dispose();
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("manifest.json", "format", "2", "The model file has format 2; this version of Microsoft.ML.Eva reads 1 to 1.")]
    [InlineData("manifest.json", "columns", "null", "manifest.json is broken")]
    [InlineData("manifest.json", "checkpoint", "7", "manifest.json is broken")]
    [InlineData("policy.json", "state_mean", "[1, 2]", "has 2 numbers in state_mean and 5 in state_deviation")]
    [InlineData("config.json", "model_type", "\"bert\"", "must be 'decision_transformer'")]
    [InlineData("config.json", "state_dim", "6", "embed_state.weight is [16, 5], config.json asks for [16, 6]")]
    [InlineData("config.json", "n_layer", "2000000000", "'n_layer' is 2000000000")]
    public void Read_Forged_NamesFileAndFault(string file, string key, string value, string message)
    {
        var streams = Write();
        var json = JsonNode.Parse(streams.Files[file])!;
        json[key] = JsonNode.Parse(value);
        streams.Files[file] = Encoding.UTF8.GetBytes(json.ToJsonString());

        var fault = Assert.Throws<InvalidDataException>(() => PolicyPackage.Read(streams, new Lazy<Device>(CPU)));

        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SettingsOfAnotherNetwork_NamesBothSizes()
    {
        var streams = Write();
        streams.Files["policy.json"] = (Settings with { StateMean = [0], StateDeviation = [1] }).ToJson();

        var fault = Assert.Throws<InvalidDataException>(() => PolicyPackage.Read(streams, new Lazy<Device>(CPU)));

        Assert.Contains("describes states of 1 numbers; its network takes 5.", fault.Message, StringComparison.Ordinal);
    }

    private static MemoryStreams Write()
    {
        var streams = new MemoryStreams();
        using var network = DecisionFixture.Load("bounded");
        var columns = new PolicyColumns { Episode = "Run", Return = "Earned", IsReward = true, State = "Place", Action = "Step", Prediction = "Guess" };
        PolicyPackage.Write(streams, new PolicyManifest { Checkpoint = "it", Columns = columns }, Settings, network);
        return streams;
    }

    private sealed class MemoryStreams : IModelStreamWriter, IModelStreamReader
    {
        public Dictionary<string, byte[]> Files { get; } = [];

        public void Write(string name, Action<Stream> write)
        {
            using var stream = new MemoryStream();
            write(stream);
            Files[name] = stream.ToArray();
        }

        public bool Has(string name) => Files.ContainsKey(name);

        public T Read<T>(string name, Func<Stream, T> read) => read(new MemoryStream(Files[name]));
    }
}
