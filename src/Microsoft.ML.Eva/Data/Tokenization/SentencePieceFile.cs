using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>
/// What a SentencePiece model file says: its pieces with scores, and its character map. The file is a protocol buffer; only the
/// few fields that matter are read, every length is checked against the bytes that are there.
/// </summary>
internal sealed class SentencePieceFile
{
    private const int UnigramType = 1;

    private SentencePieceFile()
    {
    }

    /// <summary>The pieces in the order of their ids.</summary>
    public List<(string Piece, float Score)> Pieces { get; } = [];

    /// <summary>The compiled character map; empty where the model has none.</summary>
    public byte[] CharacterMap { get; private set; } = [];

    /// <summary>Reads a model.</summary>
    /// <exception cref="InvalidDataException">It is broken, or not a unigram model.</exception>
    public static SentencePieceFile Read(TokenizerFiles files, string name)
    {
        var model = new SentencePieceFile();
        var modelType = UnigramType;
        try
        {
            foreach (var (field, value) in new ProtocolBuffer(files.Bytes(name)))
            {
                if (field == 1)
                    model.Pieces.Add(ReadPiece(value.Bytes));
                else if (field == 2)
                    modelType = ReadModelType(value.Bytes);
                else if (field == 3)
                    model.CharacterMap = ReadCharacterMap(value.Bytes);
            }
        }
        catch (FormatException e)
        {
            throw files.Fault(name, $"is no SentencePiece model: {e.Message}", e);
        }
        if (modelType != UnigramType)
            throw files.Fault(name, $"is a SentencePiece model of type {modelType}; only unigram models (type {UnigramType}) are supported.");
        return model.Pieces.Count > 0 ? model : throw files.Fault(name, "is no SentencePiece model: it holds no pieces.");
    }

    private static (string, float) ReadPiece(ReadOnlyMemory<byte> message)
    {
        var piece = "";
        var score = 0f;
        foreach (var (field, value) in new ProtocolBuffer(message))
        {
            if (field == 1)
                piece = Encoding.UTF8.GetString(value.Bytes.Span);
            else if (field == 2)
                score = BitConverter.UInt32BitsToSingle((uint)value.Number);
        }
        return float.IsFinite(score) ? (piece, score) : throw new FormatException($"the piece \"{piece}\" has the score {score}.");
    }

    private static int ReadModelType(ReadOnlyMemory<byte> message)
    {
        var type = UnigramType;
        foreach (var (field, value) in new ProtocolBuffer(message))
            if (field == 3)
                type = (int)Math.Min(value.Number, int.MaxValue);
        return type;
    }

    private static byte[] ReadCharacterMap(ReadOnlyMemory<byte> message)
    {
        byte[] map = [];
        foreach (var (field, value) in new ProtocolBuffer(message))
            if (field == 2)
                map = value.Bytes.ToArray();
        return map;
    }
}
