using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Tensors;

public sealed class SafetensorsTests
{
    [Fact]
    public void Write_ThenRead_GivesTheSameTensors()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["b"] = arange(6, float32).view(2, 3),
            ["a"] = tensor(new long[] { 1, -2 }),
            ["half"] = ones(3, float16),
            ["brain"] = ones(3, bfloat16),
            ["flag"] = tensor(new[] { true, false }),
            ["none"] = zeros(0, 4),
            ["scalar"] = tensor(2.5f),
        };
        using var stream = new MemoryStream();

        var length = SafetensorsWriter.Write(stream, tensors);
        stream.Position = 0;
        var read = SafetensorsReader.Read(stream, length, "memory");

        Assert.Equal(length, stream.Length);
        Assert.Equal(tensors.Keys.Order(), read.Keys.Order());
        foreach (var (name, tensor) in tensors)
        {
            Assert.Equal(tensor.dtype, read[name].dtype);
            Assert.Equal(tensor.shape, read[name].shape);
            Assert.True(tensor.equal(read[name]).all().item<bool>(), name);
            read[name].Dispose();
        }
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", "F31")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "need 8")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "impossible shape")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,4]}}", "impossible shape")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", "outside")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}", "overlap")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", "data_offsets")]
    [InlineData("[1]", "not a JSON object")]
    [InlineData("{\"a\":", "not JSON")]
    public void Read_BrokenHeader_NamesTheFault(string header, string fault)
    {
        var bytes = new byte[8 + header.Length + 8];
        BitConverter.TryWriteBytes(bytes, (long)header.Length);
        System.Text.Encoding.ASCII.GetBytes(header, bytes.AsSpan(8));

        var e = Assert.Throws<InvalidDataException>(() => SafetensorsReader.Read(new MemoryStream(bytes), bytes.Length, "broken.safetensors"));

        Assert.Contains(fault, e.Message);
        Assert.Contains("broken.safetensors", e.Message);
    }
}
