using GlueClassification;
using TextGeneration.Reading;

namespace Microsoft.ML.Eva.Tests.Samples;

/// <summary>Files in the form of the E2E challenge's release: fields in quotes, commas and quotes within, a meaning on several lines.</summary>
public sealed class E2EDataTests : IDisposable
{
    private const string Vaults = "name[The Vaults], eatType[pub], priceRange[more than £30], customer rating[5 out of 5], near[Café Adriatic]";
    private const string Clowns = "name[Clowns], eatType[coffee shop], area[riverside]";

    private readonly string _folder = Directory.CreateTempSubdirectory("eva-e2e-").FullName;

    public E2EDataTests()
    {
        Write("trainset.csv", $"\"{Vaults}\",\"The Vaults pub near Café Adriatic has a 5 star rating.  Prices start at £30.\"", $"\"{Vaults}\",\"Close to Café Adriatic, The Vaults is a \"\"5 out of 5\"\" pub.\"", "name[Aromi],Aromi is plain.");
        Write("devset.csv", $"\"{Clowns}\",\"Clowns, by the river, sells coffee.\"");
        // Lines of a meaning need not follow each other.
        Write("testset_w_refs.csv", $"\"{Clowns}\",\"Clowns is a coffee shop by the river.\"", $"\"{Vaults}\",\"The Vaults is a pub, and dear.\"", $"\"{Clowns}\",\"By the riverside there is a coffee shop, Clowns.\"", $"\"{Clowns}\",\"Clowns\nsells coffee.\"");
        File.WriteAllText(Path.Combine(_folder, "testset.csv"), $"mr\n\"{Clowns}\"\n\"{Vaults}\"\n"); // without references: not read
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_Release_KeepsQuotesCommasAndSpaces()
    {
        var dataset = Dataset.Read(Settings());

        Assert.Equal("E2E", dataset.Name);
        Assert.Equal([Vaults, Vaults, "name[Aromi]"], dataset.Train.Select(row => row.Meaning));
        Assert.Equal(["The Vaults pub near Café Adriatic has a 5 star rating.  Prices start at £30.", "Close to Café Adriatic, The Vaults is a \"5 out of 5\" pub.", "Aromi is plain."], dataset.Train.Select(row => row.Sentence));
        Assert.Equal((Clowns, "Clowns, by the river, sells coffee."), (dataset.Validation![0].Meaning, dataset.Validation[0].Sentence));
    }

    [Fact]
    public void Read_MeaningOnSeveralLines_IsOneMeaningWithSeveralReferences()
    {
        var dataset = Dataset.Read(Settings());

        Assert.Equal([Clowns, Vaults], dataset.Meanings.Select(row => row.Meaning));
        Assert.Equal(["Clowns is a coffee shop by the river.", "By the riverside there is a coffee shop, Clowns.", "Clowns\nsells coffee."], dataset.References[0]);
        Assert.Equal(["The Vaults is a pub, and dear."], dataset.References[1]);
        Assert.Equal(4, dataset.Test.Count);
    }

    [Fact]
    public void Evaluate_SentenceOfAnyReference_CountsInFull()
    {
        var dataset = Dataset.Read(Settings());
        string[] written = ["By the riverside there is a coffee shop, Clowns.", "The Vaults is a pub, and dear."];

        var metrics = TextGenerationMetrics.Evaluate(written, dataset.References);

        Assert.Equal((2, 100.0, 1.0), (metrics.Texts, Math.Round(metrics.Bleu, 9), Math.Round(metrics.RougeL, 9)));
        var first = TextGenerationMetrics.Evaluate(written, [.. dataset.References.Select(references => references[..1])]);
        Assert.True(first.Bleu < 80 && first.RougeL < 0.9 && first.Nist < metrics.Nist, $"{first}");
        // The library's own grouping of a data view's rows by their prompts.
        var ml = new MLContext();
        var rows = dataset.Test.Select(row => new { row.Meaning, row.Sentence, GeneratedText = row.Meaning == Clowns ? written[0] : written[1] });
        var grouped = ml.Transforms.Text.EvaluateGeneration(ml.Data.LoadFromEnumerable(rows), referenceColumnName: "Sentence", promptColumnName: "Meaning");
        Assert.Equal((metrics.Texts, metrics.Bleu, metrics.Nist, metrics.RougeL), (grouped.Texts, grouped.Bleu, grouped.Nist, grouped.RougeL));
    }

    [Fact]
    public void Read_LessRows_TakesTheFirstOfThem()
    {
        var dataset = Dataset.Read(Settings() with { TrainRows = 2, TestRows = 1 });

        Assert.Equal((2, 1, 3), (dataset.Train.Count, dataset.Meanings.Count, dataset.Test.Count));
        Assert.Contains("at least 1", Assert.Throws<UserException>(() => Dataset.Read(Settings() with { TestRows = 0 })).Message);
    }

    [Fact]
    public void Read_FilesMissingOrOfAnotherForm_NamesFileAndFault()
    {
        AssertFault("has no column 'ref'; its header has: mr", () => File.Copy(Path.Combine(_folder, "testset.csv"), Path.Combine(_folder, "testset_w_refs.csv"), overwrite: true));
        AssertFault("There is no file", () => File.Delete(Path.Combine(_folder, "testset_w_refs.csv")));
        AssertFault("trainset.csv has no column 'mr'; its header has: meaning, ref", () => File.WriteAllText(Path.Combine(_folder, "trainset.csv"), "meaning,ref\na,b\n"));
        AssertFault("There is no folder", () => Directory.Delete(_folder, recursive: true));
        Directory.CreateDirectory(_folder);

        void AssertFault(string message, Action spoil)
        {
            spoil();
            var fault = Assert.Throws<UserException>(() => Dataset.Read(Settings())).Message;
            Assert.Contains(message, fault);
            Assert.Contains(_folder, fault);
        }
    }

    [Fact]
    public void Read_NoDevelopmentSet_DoesWithout()
    {
        File.Delete(Path.Combine(_folder, "devset.csv"));

        Assert.Null(Dataset.Read(Settings()).Validation);
    }

    private void Write(string name, params string[] rows) => File.WriteAllText(Path.Combine(_folder, name), string.Concat(rows.Prepend("mr,ref").Select(row => row + "\n")));

    private TextGeneration.Settings Settings() => new()
    {
        DataFolder = _folder, Method = "eva", Rank = 4, Alpha = 4, Rho = 2, LearningRate = 1e-3, Epochs = 1, BatchSize = 4, MaxLength = 64, Beams = 1, Seed = 1,
    };
}
