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
}
