using System.Reflection;
using Microsoft.ML.Eva.Tensors;
using TorchSharp;

namespace Microsoft.ML.Eva.Tests.Tensors;

/// <summary>
/// Holds the compiled library to <see cref="Scalars"/>: BannedSymbols.txt names the faults while one types, but its analyzer does
/// not see compound assignments, and TorchSharp's methods that convert numbers inside may become more.
/// </summary>
public class ScalarConversionTests
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private readonly Dictionary<MethodBase, bool> _makesNumbers = [];

    [Fact]
    public void Library_CallsNothingThatMakesNumbersOutOfReach()
    {
        var calls = typeof(Scalars).Assembly.GetTypes().Where(type => type != typeof(Scalars))
            .SelectMany(type => type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
            .SelectMany(caller => Calls(caller).Select(called => (Caller: caller, Called: called)))
            .Where(call => call.Called.Module == typeof(Scalar).Module).ToList();

        Assert.True(calls.Count > 500, "The test no longer finds calls.");
        Assert.Empty(calls.Where(call => MakesNumbers(call.Called)).Select(call => $"{call.Caller.DeclaringType}.{call.Caller.Name} calls {call.Called}").Distinct());
    }

    [Theory]
    [InlineData("op_Addition", true)]
    [InlineData("op_Multiply", false)]
    [InlineData("sub", false)]
    public void MakesNumbers_OfTwoTensors_IsKnown(string method, bool expected)
    {
        var parameters = method.StartsWith("op_", StringComparison.Ordinal) ? new[] { typeof(torch.Tensor), typeof(torch.Tensor) } : [typeof(torch.Tensor)];
        Assert.Equal(expected, MakesNumbers(typeof(torch.Tensor).GetMethod(method, parameters)!));
    }

    private bool MakesNumbers(MethodBase method)
    {
        if (IsConversion(method))
            return true;
        if (_makesNumbers.TryGetValue(method, out var known))
            return known;
        _makesNumbers[method] = false; // ends recursion
        return _makesNumbers[method] = Calls(method).Where(called => called.Module == method.Module).Any(MakesNumbers);
    }

    private static bool IsConversion(MethodBase method) =>
        (method.DeclaringType == typeof(Scalar) && method.Name == "op_Implicit") || method.DeclaringType == typeof(ScalarExtensionMethods)
        || (method.DeclaringType == typeof(torch.Tensor) && method.Name == nameof(torch.Tensor.ToScalar));

    // Every place of the code that reads as call, callvirt or newobj with the token of a method.
    private static IEnumerable<MethodBase> Calls(MethodBase caller)
    {
        var code = caller.GetMethodBody()?.GetILAsByteArray() ?? [];
        var typeArguments = caller.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        var methodArguments = caller.IsGenericMethod ? caller.GetGenericArguments() : null;
        for (var i = 0; i + 4 < code.Length; i++)
        {
            var token = BitConverter.ToInt32(code, i + 1);
            if (code[i] is 0x28 or 0x6F or 0x73 && (token >> 24) is 0x06 or 0x0A or 0x2B && Resolved(caller.Module, token, typeArguments, methodArguments) is { } called)
                yield return called;
        }
    }

    private static MethodBase? Resolved(Module module, int token, Type[]? typeArguments, Type[]? methodArguments)
    {
        try
        {
            return module.ResolveMethod(token, typeArguments, methodArguments);
        }
        catch (ArgumentException)
        {
            return null; // a number that only looks like a call
        }
    }
}
