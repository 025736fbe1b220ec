using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>The rows of a data view, read and tokenized once and kept compactly.</summary>
/// <param name="Texts">The encoded texts of rows that have a label.</param>
/// <param name="Labels">Their classes.</param>
/// <param name="WithoutLabel">Rows left out because their label is missing or none of the classes.</param>
/// <param name="AtLimit">Rows that fill all tokens allowed, so that most likely something of them was cut.</param>
internal sealed record LabeledTexts(TextRows Texts, ClassLabels Labels, int WithoutLabel, int AtLimit)
{
    /// <summary>Reads all rows.</summary>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or no row has a label.</exception>
    public static LabeledTexts Read(IDataView data, string what, TextInput input, string labelColumn, LabelClasses classes, Action checkAlive)
    {
        var label = data.Schema.GetColumnOrNull(labelColumn) ?? throw ModelInput.MissingColumn(labelColumn, data.Schema.Select(c => c.Name));
        using var cursor = data.GetRowCursor([.. input.FindColumns(data.Schema), label]);
        var readText = input.CreateReader(cursor);
        var readClass = LabelReader.Create(cursor, labelColumn, classes);
        var (texts, labels, withoutLabel, atLimit) = (new TextRows(input.Tokenizer.VocabularySize), new ClassLabels(), 0, 0);
        while (cursor.MoveNext())
        {
            checkAlive();
            var index = readClass();
            if (index < 0)
            {
                withoutLabel++;
                continue;
            }
            var text = ((TextInput.TextRow)readText()).Text;
            texts.Add(text);
            labels.Add(index);
            if (text.Ids.Length >= input.MaxTokens)
                atLimit++;
        }
        if (texts.Count == 0)
            throw new ArgumentException(withoutLabel == 0
                ? $"The {what} data has no rows."
                : $"None of the {withoutLabel} rows of the {what} data has a label in column '{labelColumn}' that is one of the classes {Name(classes)}.");
        return new LabeledTexts(texts, labels, withoutLabel, atLimit);
    }

    private static string Name(LabelClasses classes) =>
        string.Join(", ", classes.Names.Take(10).Select(name => $"'{name}'")) + (classes.Count > 10 ? ", …" : "");
}
