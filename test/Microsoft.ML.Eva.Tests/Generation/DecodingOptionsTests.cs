namespace Microsoft.ML.Eva.Tests.Generation;

public sealed class DecodingOptionsTests
{
    public static TheoryData<DecodingOptions, string> Faults => new()
    {
        { new GreedyOptions { MaxNewTokens = 0 }, "MaxNewTokens is 0, but must be at least 1" },
        { new GreedyOptions { StopSequences = ["\n", ""] }, "StopSequences is a list with an empty text, but must be texts that are not empty" },
        { new GreedyOptions { StopSequences = null! }, "StopSequences is null, but must be set" },
        { new GreedyOptions { NoRepeatNgramSize = 0 }, "NoRepeatNgramSize is 0, but must be null or at least 1" },
        { new SamplingOptions { Temperature = 0 }, "Temperature is 0, but must be greater than 0 and at most 100" },
        { new SamplingOptions { Temperature = double.NaN }, "Temperature is NaN" },
        { new SamplingOptions { TopK = 0 }, "TopK is 0, but must be null or at least 1" },
        { new SamplingOptions { TopP = 0 }, "TopP is 0, but must be greater than 0 and at most 1" },
        { new SamplingOptions { TopP = 1.1 }, "TopP is 1.1" },
        { new BeamSearchOptions { Beams = 0 }, "Beams is 0, but must be from 1 to 256" },
        { new BeamSearchOptions { LengthPenalty = double.PositiveInfinity }, "LengthPenalty is Infinity, but must be from -10 to 10" },
        { new BeamSearchOptions { Beams = 300, MaxNewTokens = -1 }, "2 options are not usable: MaxNewTokens is -1, but must be at least 1; Beams is 300" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void CheckedCopy_Fault_IsNamed(DecodingOptions options, string message)
    {
        var error = Assert.Throws<ArgumentException>(() => options.CheckedCopy("options"));

        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void CheckedCopy_LaterChanges_DoNotReachIt()
    {
        var stops = new List<string> { "." };
        var options = new BeamSearchOptions { StopSequences = stops };
        var copy = options.CheckedCopy("options");

        stops.Add("!");
        options.MaxNewTokens = 3;

        Assert.Equal(["."], copy.StopSequences);
        Assert.Equal(64, copy.MaxNewTokens);
    }
}
