using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tensors;

/// <summary>Turns MLContext's device settings into a torch device.</summary>
internal static class Devices
{
    /// <summary>The GPU of that number, or the CPU where none is asked for or where it may stand in for a missing one.</summary>
    /// <param name="gpuDeviceId">MLContext.GpuDeviceId.</param>
    /// <param name="fallbackToCpu">MLContext.FallbackToCpu.</param>
    /// <param name="warn">Told when the CPU stands in.</param>
    /// <exception cref="InvalidOperationException">That GPU is missing and the CPU may not stand in.</exception>
    public static Device Choose(int? gpuDeviceId, bool fallbackToCpu, Action<string> warn)
    {
        NativeTorch.EnsureLoaded();
        if (gpuDeviceId is not { } index)
            return CPU;
        var count = cuda.is_available() ? cuda.device_count() : 0;
        if (index >= 0 && index < count)
            return new Device(DeviceType.CUDA, index);
        var fault = count == 0
            ? $"MLContext.GpuDeviceId is {index}, but no CUDA device is available (is TorchSharp-cuda-linux or -windows referenced?)"
            : $"MLContext.GpuDeviceId is {index}, but there are only the CUDA devices 0 to {count - 1}";
        if (!fallbackToCpu)
            throw new InvalidOperationException($"{fault}, and MLContext.FallbackToCpu is false.");
        warn($"{fault}: using the CPU.");
        return CPU;
    }

    /// <summary>Whether products of 16-bit numbers are faster there than those of 32-bit numbers; null where that cannot be told.</summary>
    public static bool? MultipliesBFloat16(Device device) =>
        device.type == DeviceType.CUDA ? null : X86Base.IsSupported ? HasBFloat16Instructions() : null;

    // CPUID's leaf 7: AVX512_BF16 is bit 5 of EAX in its second part, AMX-BF16 bit 22 of EDX in its first (Intel's manual, volume 2, table 3-8).
    private static bool HasBFloat16Instructions()
    {
        if (X86Base.CpuId(0, 0).Eax < 7)
            return false;
        var first = X86Base.CpuId(7, 0);
        return (first.Edx & (1 << 22)) != 0 || (first.Eax >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0);
    }
}
