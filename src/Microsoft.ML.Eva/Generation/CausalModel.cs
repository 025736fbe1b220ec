using Microsoft.ML.Eva.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Generation;

/// <summary>A language model with all that it takes from prompts to texts. Owns its network.</summary>
internal sealed class CausalModel : IDisposable
{
    private CausalModel(Network network, Device device, PromptTokenizer prompts, EndTokens ends, TextGenerator generator) =>
        (Network, Device, Prompts, Ends, Generator, MaxTokens) = (network, device, prompts, ends, generator, network.Backbone.MaxTokens!.Value);

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Where it is.</summary>
    public Device Device { get; }

    /// <summary>How prompts become tokens.</summary>
    public PromptTokenizer Prompts { get; }

    /// <summary>The tokens that end a text.</summary>
    public EndTokens Ends { get; }

    /// <summary>What writes.</summary>
    public TextGenerator Generator { get; }

    /// <summary>The most tokens of a prompt and what is written after it.</summary>
    public int MaxTokens { get; }

    /// <summary>Takes ownership of the network, also where this fails.</summary>
    /// <exception cref="InvalidDataException">The checkpoint has no tokenizer whose ids become texts again, or nothing says how a text ends.</exception>
    public static CausalModel Create(Network network, Device device, string separator)
    {
        try
        {
            var checkpoint = network.Checkpoint;
            var tokenizer = checkpoint.Tokenizer;
            NetworkFactory.CheckVocabulary(checkpoint, tokenizer);
            var decoder = tokenizer.CreateDecoder()
                ?? throw new InvalidDataException($"{checkpoint.Name}: the tokenizer is no byte-level BPE, whose tokens alone can be put together to texts again.");
            var ends = EndTokens.Read(checkpoint, decoder);
            return new CausalModel(network, device, new PromptTokenizer(tokenizer, ends, separator), ends, new TextGenerator(network, decoder, ends, device));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Throws unless the network has room for what is to be written.</summary>
    /// <exception cref="ArgumentException">It has none for a prompt beside it.</exception>
    public void CheckRoom(DecodingOptions decoding)
    {
        if (decoding.MaxNewTokens >= MaxTokens)
            throw new ArgumentException($"{nameof(DecodingOptions.MaxNewTokens)} is {decoding.MaxNewTokens}, but {Network.Checkpoint.Name} takes {MaxTokens} tokens, the prompt's included; at most {MaxTokens - 1} can be written.");
    }

    /// <summary>A prompt's tokens.</summary>
    /// <exception cref="ArgumentException">They and those to be written are more than the network takes.</exception>
    public int[] Encode(string prompt, DecodingOptions decoding)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var ids = Prompts.Prompt(prompt, int.MaxValue);
        if (ids.Length > MaxTokens - decoding.MaxNewTokens)
            throw new ArgumentException($"The prompt has {ids.Length} tokens; beside {nameof(DecodingOptions.MaxNewTokens)} {decoding.MaxNewTokens} there is room for {MaxTokens - decoding.MaxNewTokens} of the {MaxTokens} that {Network.Checkpoint.Name} takes. Shorten it, or let fewer tokens be written.", nameof(prompt));
        return ids;
    }

    /// <summary>Waits for steps that are running, then frees what only this model uses.</summary>
    public void Dispose()
    {
        Generator.Close();
        Network.Dispose();
    }
}
