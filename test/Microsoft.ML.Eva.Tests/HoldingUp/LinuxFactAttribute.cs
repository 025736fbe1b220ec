namespace Microsoft.ML.Eva.Tests.HoldingUp;

/// <summary>A test that needs Linux's device that is always full, or its folder in which nobody can make a file.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "Needs /dev/full and /proc, which only Linux has.";
    }
}
