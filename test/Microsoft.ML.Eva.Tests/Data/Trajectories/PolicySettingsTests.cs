using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML.Eva.Data.Trajectories;

namespace Microsoft.ML.Eva.Tests.Data.Trajectories;

public sealed class PolicySettingsTests
{
    private static readonly PolicySettings Settings = new() { ContextSteps = 3, ReturnScale = 2.5, BestReturn = -1, StateMean = [10, 0.1f], StateDeviation = [5, 1e-20f] };

    [Fact]
    public void ToJson_Parsed_IsTheSame()
    {
        var read = PolicySettings.Parse(Settings.ToJson(), "it");

        Assert.Equal((3, 2.5, -1), (read.ContextSteps, read.ReturnScale, read.BestReturn));
        Assert.Equal(Settings.StateMean, read.StateMean);
        Assert.Equal(Settings.StateDeviation, read.StateDeviation);
    }

    [Theory]
    [InlineData("context_steps", "0", "gives context_steps 0; it must be from 1 to 4096")]
    [InlineData("context_steps", "2000000000", "gives context_steps 2000000000")]
    [InlineData("context_steps", "\"3\"", "policy.json of it is broken")]
    [InlineData("return_scale", "0", "needs a finite best_return and a finite return_scale above 0")]
    [InlineData("best_return", "null", "policy.json of it is broken")]
    [InlineData("state_mean", "[1]", "has 1 numbers in state_mean and 2 in state_deviation")]
    [InlineData("state_mean", "[]", "has 0 numbers in state_mean")]
    [InlineData("state_mean", "null", "policy.json of it is broken")]
    [InlineData("state_deviation", "[1, 0]", "finite ones above 0 in state_deviation")]
    [InlineData("state_deviation", "[1, 1e50]", "policy.json of it")]
    public void Parse_ImpossibleValue_NamesIt(string key, string value, string message)
    {
        var json = JsonNode.Parse(Settings.ToJson())!;
        json[key] = JsonNode.Parse(value);

        var fault = Assert.Throws<InvalidDataException>(() => PolicySettings.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "it"));

        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1, 2]")]
    public void Parse_NoSettings_NamesTheFile(string json)
    {
        var fault = Assert.Throws<InvalidDataException>(() => PolicySettings.Parse(Encoding.UTF8.GetBytes(json), "it"));

        Assert.Contains("policy.json of it", fault.Message, StringComparison.Ordinal);
    }
}
