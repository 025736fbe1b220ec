using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.ML.Eva.Tensors;

namespace Microsoft.ML.Eva.Tests;

internal static class LoadLibrary
{
    /// <summary>Tests touch TorchSharp before they touch the library, so its loader must be registered first.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "A test assembly is an application.")]
    internal static void Register() => NativeTorch.Register();
}
