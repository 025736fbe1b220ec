namespace Microsoft.ML.Eva.Tests;

/// <summary>A test that takes minutes: runs only with EVA_SLOW=1.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SlowFactAttribute : FactAttribute
{
    public SlowFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("EVA_SLOW") != "1")
            Skip = "Takes minutes; set EVA_SLOW=1 to run it.";
    }
}
