using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>How a saved model reads its rows.</summary>
internal static class SavedInput
{
    /// <summary>The input that the manifest describes.</summary>
    /// <exception cref="InvalidDataException">The task is unknown, or the network is for another one.</exception>
    public static ModelInput Create(ModelManifest manifest, Network network)
    {
        try
        {
            return ModelTasks.Parse(manifest.Task).Modality switch
            {
                ModelTasks.Text => TextInput.Create(network, manifest.InputColumns, manifest.MaxTokens ?? throw new InvalidDataException("The model file's manifest.json lacks max_tokens.")),
                _ => ImageInput.Create(network, manifest.InputColumns[0], manifest.ImageFolder, manifest.ImageSize),
            };
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"The model file does not fit together: {e.Message}", e);
        }
    }
}
