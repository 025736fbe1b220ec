using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Bert;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones.Bert;

[Trait("Category", "Fixtures")]
public sealed class EmbeddedMiniLmTests
{
    [Fact]
    public void Forward_OnTheReferenceTexts_GivesTheReferenceStates()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var network = Load();
        var golden = Fixture.Tensors("minilm", "golden.safetensors");
        using var batch = GoldenModel.BatchOf(golden);

        var hidden = network.Backbone.Forward(batch, ForwardMode.Evaluation);

        var mask = golden["attention_mask"].unsqueeze(-1).to(float32);
        Fixture.AssertClose(golden["last_hidden_state"] * mask, hidden * mask, 1e-4, "last_hidden_state");
        var mean = (hidden * mask).sum(1) / mask.sum(1);
        Fixture.AssertClose(golden["sentence_embedding"], mean / mean.norm(1, keepdim: true), 1e-5, "sentence_embedding");
        foreach (var tensor in golden.Values)
            tensor.Dispose();
    }

    [Fact]
    public void Tokenizer_OnTheReferenceTexts_GivesTheReferenceIds()
    {
        using var network = Load();
        var content = network.Checkpoint;
        var tokenizer = TokenizerFactory.Create(content.ModelType, content.Config, content.Files, content.Name);
        var golden = Fixture.Tensors("minilm", "golden.safetensors");
        var texts = Fixture.Json("minilm", "texts.json").EnumerateArray().ToList();

        for (var row = 0; row < texts.Count; row++)
        {
            var encoded = tokenizer.Encode(texts[row].GetProperty("text").GetString()!, texts[row].GetProperty("pair").GetString(), 512);
            var expected = golden["input_ids"][row].data<long>().ToArray().Zip(golden["attention_mask"][row].data<long>().ToArray()).Where(p => p.Second == 1).Select(p => (int)p.First);
            Assert.Equal(expected, encoded.Ids);
            Assert.Equal(golden["token_type_ids"][row].sum().item<long>(), encoded.Ids.Length - encoded.SecondStart);
        }
        foreach (var tensor in golden.Values)
            tensor.Dispose();
    }

    [Fact]
    public void Acquire_Twice_SharesOneCopyOfTheWeights()
    {
        var first = Checkpoint.MiniLM.Acquire(CPU);
        var second = Checkpoint.MiniLM.Acquire(CPU);

        Assert.Same(first, second);

        first.Release();
        Assert.NotEqual(0, second.Tensors.Values.First().numel());
        second.Release();
    }

    private static Network Load()
    {
        using var generator = new Generator(1);
        var content = EmbeddedMiniLm.Read();
        try
        {
            return NetworkFactory.Create(content, HeadKind.Auto, 2, generator);
        }
        finally
        {
            content.Release();
        }
    }
}
