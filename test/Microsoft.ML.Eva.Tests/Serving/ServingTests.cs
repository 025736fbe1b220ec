extern alias sample;

using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Eva.Tests.MLNet;
using sample::Serving;
using sample::Serving.Models;

namespace Microsoft.ML.Eva.Tests.Serving;

/// <summary>The sample's server on a free port of loopback, under real load.</summary>
public sealed class ServingTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("eva-serving-").FullName;
    private readonly HttpClient _client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 128 }) { Timeout = Long };

    public void Dispose()
    {
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Load_64ClientsTwoModelsOneBackbone_EveryAnswerIsTheSingleThreadedOne()
    {
        using var good = Fit(seed: 1);
        using var other = Fit(seed: 2);
        await using var app = await StartAsync([new ModelSource("good", null, (_, _) => Copy(good)), new ModelSource("other", null, (_, _) => Copy(other))]);
        var texts = TinyData.Rows(96).Select(row => row.Text!).ToList();
        var expected = new Dictionary<string, List<float[]>> { ["good"] = Scores(good, texts), ["other"] = Scores(other, texts) };

        await Task.WhenAll(Enumerable.Range(0, 64).Select(client => Task.Run(async () =>
        {
            for (var i = 0; i < 6; i++)
            {
                var (model, text, road) = ((client + i) % 2 == 0 ? "good" : "other", (client * 7 + i * 13) % texts.Count, i == 5 ? "/single" : "");
                using var response = await _client.PostAsJsonAsync($"{Address(app)}/predict/{model}{road}", new { text = texts[text] });
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
                AssertAnswer(answer, model, expected[model][text]);
            }
        }))).WaitAsync(Long);

        var metrics = await _client.GetStringAsync($"{Address(app)}/metrics");
        Assert.True(Metric(metrics, "eva_prediction_batch_size_count", "good") < Metric(metrics, "eva_prediction_batch_size_sum", "good"), metrics); // batches formed
        Assert.Contains("outcome=\"predicted\"", metrics);
        Assert.Contains("eva_prediction_waiting", metrics);
        Assert.Contains("eva_prediction_duration_seconds_bucket", metrics);
        Assert.Contains("http_request_duration_seconds_bucket", metrics);
        await app.StopAsync();
    }

    [Fact]
    public async Task Requests_ThatAreWrong_AreToldWhy()
    {
        using var model = Fit(seed: 1);
        await using var app = await StartAsync([new ModelSource("m", null, (_, _) => Copy(model))], settings => settings with { LargestBody = 2000, LongestText = 500 });

        await AssertProblem(app, "/predict/unknown", "{\"text\":\"a\"}", HttpStatusCode.NotFound, "no model 'unknown'");
        await AssertProblem(app, "/predict/m", "{\"text\":\"\"}", HttpStatusCode.BadRequest, "'text'");
        await AssertProblem(app, "/predict/m", "{}", HttpStatusCode.BadRequest, "'text'");
        await AssertProblem(app, "/predict/m", "{\"text\":", HttpStatusCode.BadRequest, "Bad Request");
        await AssertProblem(app, "/predict/m", $"{{\"text\":\"{new string('x', 501)}\"}}", HttpStatusCode.RequestEntityTooLarge, "500 characters");
        await AssertProblem(app, "/predict/m", $"{{\"text\":\"{new string('x', 5000)}\"}}", HttpStatusCode.RequestEntityTooLarge, "Too Large");
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync($"{Address(app)}/health/live")).StatusCode);
        Assert.Contains("\"m\"", await _client.GetStringAsync($"{Address(app)}/models"));
        await app.StopAsync();
    }

    [Fact]
    public async Task Queue_Full_Answers503WithRetryAfter_AndTheRestIsAnswered()
    {
        using var gate = new ManualResetEventSlim();
        using var model = Fit(seed: 1);
        var slow = new Gated(Copy(model), gate);
        await using var app = await StartAsync([new ModelSource("slow", null, (_, _) => slow)], settings => settings with { Batching = new() { MaxBatchSize = 1, QueueCapacity = 4, MaxWait = TimeSpan.Zero } });

        var requests = Enumerable.Range(0, 40).Select(i => _client.PostAsJsonAsync($"{Address(app)}/predict/slow", new { text = $"row {i}" })).ToList();
        var refused = await Task.WhenAny(requests).WaitAsync(Long);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await refused).StatusCode);
        Assert.Equal(1, (await refused).Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.Contains("requests are waiting", await (await refused).Content.ReadAsStringAsync());
        gate.Set();
        var answers = await Task.WhenAll(requests).WaitAsync(Long);

        Assert.All(answers, answer => Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable));
        Assert.InRange(answers.Count(answer => answer.StatusCode == HttpStatusCode.OK), 5, 39);
        await app.StopAsync();
    }

    [Fact]
    public async Task Stop_RequestsInFlight_AreAnsweredFirst()
    {
        using var gate = new ManualResetEventSlim();
        using var model = Fit(seed: 1);
        var slow = new Gated(Copy(model), gate);
        var app = await StartAsync([new ModelSource("slow", null, (_, _) => slow)]);
        var requests = Enumerable.Range(0, 16).Select(i => _client.PostAsJsonAsync($"{Address(app)}/predict/slow", new { text = $"row {i}" })).ToList();
        await Until(() => Task.FromResult(slow.IsEntered));

        var stop = app.StopAsync();
        await Task.Delay(50);
        Assert.False(stop.IsCompleted);
        gate.Set();
        await stop.WaitAsync(Long);
        await app.DisposeAsync();

        // The last of them may not have reached the server; those that did have their answer.
        var outcomes = await Task.WhenAll(requests.Select(async request =>
        {
            try
            {
                return (await request).StatusCode;
            }
            catch (HttpRequestException)
            {
                return HttpStatusCode.RequestTimeout;
            }
        })).WaitAsync(Long);
        Assert.Contains(HttpStatusCode.OK, outcomes);
        Assert.DoesNotContain(HttpStatusCode.InternalServerError, outcomes);
    }

    [Fact]
    public async Task Zip_Changed_IsServedWithoutARequestLost()
    {
        var path = Path.Combine(_folder, "model.zip");
        using var first = Fit(seed: 1);
        using var second = Fit(seed: 2);
        _ml.Model.Save(first, null, path);
        await using var app = await StartAsync([new ModelSource("m", path, (ml, _) => ml.Model.Load(path, out DataViewSchema _))], settings => settings with { ReloadEvery = TimeSpan.FromMilliseconds(50) });
        var (before, after) = (Scores(first, ["the order was good"])[0], Scores(second, ["the order was good"])[0]);
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                Assert.Equal(HttpStatusCode.OK, (await _client.PostAsJsonAsync($"{Address(app)}/predict/m", new { text = "the order was good" })).StatusCode);
        })).ToList();

        AssertAnswer(await PredictAsync(app, "m", "the order was good"), "m", before);
        File.WriteAllText(path, "half a file"); // is left alone until it is whole
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(10));
        await Task.Delay(300);
        AssertAnswer(await PredictAsync(app, "m", "the order was good"), "m", before);
        _ml.Model.Save(second, null, path);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(20));
        await Until(async () => Math.Abs((await PredictAsync(app, "m", "the order was good")).GetProperty("scores").EnumerateObject().First().Value.GetSingle() - after[0]) < 1e-5);

        stop.Cancel();
        await Task.WhenAll(load).WaitAsync(Long);
        await app.StopAsync();
    }

    private EvaTransformer Fit(int seed)
    {
        var ml = new MLContext(seed);
        var options = TinyData.TinyOptions(epochs: 2);
        options.MergesAdapter = false;
        return TinyData.Eva(ml.Pipeline(options).Fit(ml.Data.LoadFromEnumerable(TinyData.Rows())));
    }

    // The server owns what it loads; the text's column is called Text in the sample's rows, too.
    private EvaTransformer Copy(EvaTransformer model)
    {
        var folder = Path.Combine(_folder, Guid.NewGuid().ToString("n"));
        model.SaveAdapter(folder);
        var options = TinyData.TinyOptions();
        options.MergesAdapter = false;
        return EvaTransformer.FromAdapter(_ml, folder, model.Classes, options);
    }

    private List<float[]> Scores(EvaTransformer model, IEnumerable<string> texts)
    {
        using var engine = _ml.Model.CreatePredictionEngine<Message, MessageScores>(model, new PredictionEngineOptions { OwnsTransformer = false });
        return [.. texts.Select(text => engine.Predict(new Message { Text = text }).Score)];
    }

    private async Task<WebApplication> StartAsync(IReadOnlyList<ModelSource> sources, Func<Settings, Settings>? change = null)
    {
        var settings = new Settings { Url = "http://127.0.0.1:0" };
        var app = ServingApp.Create(change?.Invoke(settings) ?? settings, sources);
        await app.StartAsync();
        await Until(async () => (await _client.GetAsync($"{Address(app)}/health/ready")).IsSuccessStatusCode);
        return app;
    }

    private static string Address(WebApplication app) => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    private async Task<JsonElement> PredictAsync(WebApplication app, string model, string text)
    {
        using var response = await _client.PostAsJsonAsync($"{Address(app)}/predict/{model}", new { text });
        return await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
    }

    private static void AssertAnswer(JsonElement answer, string model, float[] expected)
    {
        Assert.Equal(model, answer.GetProperty("model").GetString());
        var scores = answer.GetProperty("scores").EnumerateObject().ToList();
        Assert.All(expected.Zip(scores), pair => Assert.Equal(pair.First, pair.Second.Value.GetSingle(), 1e-5f));
        Assert.Equal(scores.MaxBy(score => score.Value.GetSingle()).Name, answer.GetProperty("label").GetString());
    }

    private async Task AssertProblem(WebApplication app, string path, string body, HttpStatusCode status, string says)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _client.PostAsync(Address(app) + path, content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains(says, text);
        Assert.Equal((int)status, JsonDocument.Parse(text).RootElement.GetProperty("status").GetInt32());
    }

    private static double Metric(string metrics, string name, string model) =>
        Regex.Matches(metrics, $@"^{name}\{{[^}}]*model=""{model}""[^}}]*\}} (\S+)", RegexOptions.Multiline).Sum(match => double.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture));

    private static async Task Until(Func<Task<bool>> holds)
    {
        using var timeout = new CancellationTokenSource(Long);
        while (!await holds())
            await Task.Delay(10, timeout.Token);
    }

    /// <summary>A model that scores when a gate opens; found by the sample as a chain with ours in it.</summary>
    private sealed class Gated(EvaTransformer model, ManualResetEventSlim gate) : ITransformer, IEnumerable<ITransformer>, IDisposable
    {
        public bool IsRowToRowMapper => ((ITransformer)model).IsRowToRowMapper;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => model.GetOutputSchema(inputSchema);

        public Microsoft.ML.Data.IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => ((ITransformer)model).GetRowToRowMapper(inputSchema);

        /// <summary>Whether somebody waits at the gate.</summary>
        public bool IsEntered { get; private set; }

        public IDataView Transform(IDataView input)
        {
            IsEntered = true;
            gate.Wait(Long);
            return model.Transform(input);
        }

        public IEnumerator<ITransformer> GetEnumerator() => new List<ITransformer> { model }.GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

        public void Dispose() => model.Dispose();

        void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException();
    }
}
