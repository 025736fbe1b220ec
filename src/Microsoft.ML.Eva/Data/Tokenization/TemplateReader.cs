namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Reads tokenizer.json's "post_processor".</summary>
internal static class TemplateReader
{
    /// <summary>Reads one of the four kinds that text encoders use, or a sequence with one of them.</summary>
    public static SpecialTokenTemplate Read(JsonNode node)
    {
        switch (node.Type)
        {
            case "TemplateProcessing":
                return ReadTemplate(node);
            case "BertProcessing":
                return SpecialTokenTemplate.Bert(IdOfPair(node, "cls"), IdOfPair(node, "sep"));
            case "RobertaProcessing":
                return SpecialTokenTemplate.Roberta(IdOfPair(node, "cls"), IdOfPair(node, "sep"));
            case "ByteLevel": // only trims offsets
                return SpecialTokenTemplate.None;
            case "Sequence":
                var parts = node.Required("processors").Items().Where(p => p.Type != "ByteLevel").ToList();
                return parts.Count switch
                {
                    0 => SpecialTokenTemplate.None,
                    1 when parts[0].Type != "Sequence" => Read(parts[0]),
                    _ => throw node.Fault("holds several post-processors, which is not supported."),
                };
            default:
                throw node.Fault($"is a {node.Type}, which is not supported; supported are TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel.");
        }
    }

    private static int IdOfPair(JsonNode node, string name)
    {
        var pair = node.Required(name).Items().ToList();
        return pair.Count == 2 ? pair[1].AsId() : throw node.Required(name).Fault("should hold a token and its id.");
    }

    private static SpecialTokenTemplate ReadTemplate(JsonNode node)
    {
        var special = node.Required("special_tokens");
        var (single, singleTypes) = ReadPieces(node.Required("single"), special, "A");
        var (pair, pairTypes) = ReadPieces(node.Required("pair"), special, "AB");
        return new(ToLayout(node.Required("single"), single, singleTypes), ToLayout(node.Required("pair"), pair, pairTypes));
    }

    /// <summary>Ids before, between and after the texts, and per text and id its type.</summary>
    private static (List<int>[] Groups, List<(int Group, long Type, bool IsText)> Types) ReadPieces(JsonNode pieces, JsonNode special, string texts)
    {
        var groups = new List<int>[] { [], [], [] };
        var types = new List<(int, long, bool)>();
        var found = 0;
        foreach (var piece in pieces.Items())
        {
            if (piece.Optional("Sequence") is { } sequence)
            {
                if (found == texts.Length || sequence.Text("id") != texts[found].ToString())
                    throw sequence.Fault($"should name the texts {string.Join(", ", texts.ToCharArray())} once and in this order.");
                types.Add((found++, sequence.Required("type_id").AsNumber(), true));
                continue;
            }
            var token = piece.Required("SpecialToken");
            var group = found == texts.Length ? 2 : found;
            foreach (var id in special.Required(token.Text("id")).Required("ids").Items())
            {
                groups[group].Add(id.AsId());
                types.Add((group, token.Required("type_id").AsNumber(), false));
            }
        }
        return found == texts.Length ? (groups, types) : throw pieces.Fault($"should name the texts {string.Join(", ", texts.ToCharArray())}.");
    }

    private static SpecialTokenTemplate.Layout ToLayout(JsonNode node, List<int>[] groups, List<(int Group, long Type, bool IsText)> types)
    {
        var firstOne = types.FindIndex(t => t.Type != 0);
        if (types.Exists(t => t.Type is not (0 or 1)) || firstOne >= 0 && types.FindIndex(firstOne, t => t.Type == 0) >= 0)
            throw node.Fault("has token types other than 0 for a beginning and 1 for the rest, which is not supported.");
        var secondText = types.FindLastIndex(t => t.IsText);
        int? offset = firstOne < 0 ? null : firstOne - secondText;
        if (offset is not (null or 0))
            throw node.Fault("changes the token type elsewhere than at the second text, which is not supported.");
        return new([.. groups[0]], [.. groups[1]], [.. groups[2]], offset);
    }
}
