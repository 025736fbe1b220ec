using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Microsoft.ML.Eva.Tests.Reporting.Html;

public sealed class ReportPageTests : IDisposable
{
    private static readonly string[] Void = ["!DOCTYPE", "meta"];

    private readonly string _folder = Directory.CreateTempSubdirectory("eva-page").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> HostileTexts => new(
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</style></title></svg><b>",
        "&lt;already&gt; &amp;",
        "\u202ereversed \u0000\u0007 \ud800 lone",
        "ﷺ 🦊 é");

    [Fact]
    public void Page_HasEveryPart()
    {
        var page = Page(ReportCase.Create());

        foreach (var title in new[] { "Training", "Confused classes", "Hard rows", "Ranks", "Explained variance", "EVA&#39;s warm-up", "Time", "Settings", "Environment" })
            Assert.Contains($"<h2>{title}</h2>", page);
        foreach (var chart in new[] { "Training loss", "Learning rate", "Validation loss", "Validation: Accuracy", "Validation: MacroF1", "attention.self.query, attention.self.key", "output.dense", "Stability of the components" })
            Assert.Contains($"aria-label=\"{chart}\"", page);
        Assert.Contains("title=\"delivery predicted as refund: 2\"", page);
        Assert.Contains("Where is it?", page);
        AssertSound(page);
    }

    [Theory]
    [MemberData(nameof(HostileTexts))]
    public void Page_HostileTexts_StayTexts(string hostile)
    {
        var report = ReportCase.Create(hostile, "other" + hostile) with
        {
            Checkpoint = hostile,
            Method = hostile,
            MetricName = hostile,
            HardRows = [new HardRow { Row = 1, Actual = 0, Predicted = 1, Probability = 0.1, PredictedProbability = 0.9, Text = hostile }],
            Settings = new Dictionary<string, string> { [hostile] = hostile },
            Environment = new Dictionary<string, string> { [hostile] = hostile },
            Ranks = new Dictionary<string, int> { ["layer.0." + hostile] = 3 },
            ExplainedVariance = new Dictionary<string, double[]> { ["layer.0." + hostile] = [0.5, 0.1] },
        };

        var page = Page(report);

        AssertSound(page);
        Assert.DoesNotContain("<img", page);
        Assert.DoesNotContain(page, character => char.IsControl(character) && character is not ('\n' or '\t'));
        var text = System.Net.WebUtility.HtmlDecode(Regex.Replace(page, "<[^>]*>", ""));
        Assert.Contains(Regex.Replace(hostile.Replace("\ud800", "\ufffd"), @"[\u0000-\u0008]", "\ufffd"), text);
    }

    [Fact]
    public void Page_ManyClasses_ListsTheMostFrequentConfusions()
    {
        var classes = Enumerable.Range(0, 100).Select(i => $"class-{i}").ToArray();
        var page = Page(ReportCase.Create(classes) with { Confusion = [.. Enumerable.Range(0, 99).Select(i => new ConfusionCount(i, i + 1, i + 1))] });

        Assert.Contains("<bdi>class-98</bdi></td><td><bdi>class-99</bdi></td><td class=\"figure\">99</td>", page);
        Assert.DoesNotContain("<bdi>class-3</bdi>", page);
        AssertSound(page);
    }

    [Fact]
    public void Page_BareReport_HasNoEmptyParts()
    {
        var bare = new TrainingReport { Checkpoint = "c", Method = "FullFineTuning", Rows = 3, TrainableParameters = 4, Ranks = new Dictionary<string, int>(), Losses = [] };

        var page = Page(bare);

        Assert.DoesNotContain("<section>", page);
        AssertSound(page);
    }

    [Theory]
    [InlineData(float.NaN, double.PositiveInfinity)]
    [InlineData(float.MaxValue, double.MaxValue)]
    [InlineData(0, 0)]
    public void Page_StrangeNumbers_AreDrawnOrLeftOut(float loss, double metric)
    {
        var page = Page(ReportCase.Create() with
        {
            Losses = [loss, 1, loss, 2],
            ValidationMetrics = [metric, metric],
            Confusion = [new ConfusionCount(7, -1, 5)],
            HardRows = [new HardRow { Row = long.MaxValue, Actual = -5, Predicted = 99, Probability = double.NaN, PredictedProbability = metric }],
            SecondsTrain = 1e7,
        });

        AssertSound(page);
        Assert.DoesNotMatch(@"(d|x1|y1|cx|cy)=""[^""]*(NaN|∞|Infinity)", page);
    }

    [Fact]
    public void SaveHtml_LongRun_StaysSmall()
    {
        var steps = 200_000;
        var page = Page(ReportCase.Create() with { Losses = [.. Enumerable.Range(0, steps).Select(i => 1f / (i + 1))], LearningRates = [.. Enumerable.Range(0, steps).Select(i => 1e-3 * i / steps)] });

        Assert.InRange(page.Length, 1000, 200_000);
        Assert.Contains("Each point is the mean of 250 steps.", page);
    }

    private string Page(TrainingReport report)
    {
        var path = Path.Combine(_folder, "report.html");
        report.SaveHtml(path);
        Assert.Equal([path], Directory.GetFiles(_folder));
        return File.ReadAllText(path);
    }

    // Every element is closed in its order, pictures are XML, and there is nothing to fetch or to run.
    private static void AssertSound(string page)
    {
        var open = new Stack<string>();
        foreach (Match tag in Regex.Matches(page, "<(/?)([!a-zA-Z][a-zA-Z0-9]*)((?:\"[^\"]*\"|[^\">])*)>"))
        {
            var name = tag.Groups[2].Value;
            if (tag.Groups[1].Length > 0)
                Assert.Equal(open.Pop(), name);
            else if (!Void.Contains(name) && !tag.Groups[3].Value.EndsWith('/'))
                open.Push(name);
            Assert.DoesNotMatch(@"(?i)\s(on\w+|src|href|srcset)\s*=", Regex.Replace(tag.Groups[3].Value, "\"[^\"]*\"", "\"\""));
        }
        Assert.Empty(open);
        foreach (Match picture in Regex.Matches(page, "<svg.*?</svg>", RegexOptions.Singleline))
            XElement.Parse(picture.Value.Replace("&#39;", "'"));
        Assert.DoesNotMatch(@"(?i)<(script|link|iframe|object|embed|base|form)\b", page);
        var style = Regex.Match(page, "<style>(.*?)</style>", RegexOptions.Singleline).Groups[1].Value;
        Assert.DoesNotMatch("(?i)url\\(|@import|://", style);
        Assert.Contains("default-src 'none'", page);
    }
}
