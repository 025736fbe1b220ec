using System.Diagnostics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.ML;
using Serving.Endpoints;
using Serving.Models;

namespace Serving.Measuring;

/// <summary>Starts the server on a free port of loopback and puts 64 clients on it, on each road in turn.</summary>
internal static class LoadMeasurement
{
    private const int Clients = 64, Rounds = 3;

    /// <summary>Measures each road for <paramref name="duration"/> in each of three rounds and writes a table.</summary>
    public static async Task RunAsync(Settings settings, TimeSpan duration, CancellationToken cancellation)
    {
        await using var app = ServingApp.Create(settings with { Url = "http://127.0.0.1:0" }, [.. ModelSources.Create(settings).Take(1)]);
        await app.StartAsync(cancellation);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = Clients };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(address) };
        while (!(await client.GetAsync("/health/ready", cancellation)).IsSuccessStatusCode)
            await Task.Delay(200, cancellation);
        var model = app.Services.GetRequiredService<ModelStore>().Models.Single();
        var texts = SampleTraining.Read(new MLContext(), "intents-test.csv").Select(row => row.Text).ToList();
        Console.WriteLine($"{Clients} clients, model {model.Name}, {Environment.ProcessorCount} processors, {Rounds} rounds of {duration.TotalSeconds:0} s, medians:");
        Console.WriteLine("road          clients  requests/s   p50 ms   p99 ms   processor ms per request");
        foreach (var clients in new[] { 1, Clients })
            foreach (var (road, path) in new[] { ("engine pool", $"/predict/{model.Name}/single"), ("batches", $"/predict/{model.Name}") })
            {
                await LoadAsync(client, path, texts, clients, TimeSpan.FromSeconds(1), cancellation); // warm
                var rounds = new List<(double PerSecond, double P50, double P99, double Processor)>();
                for (var round = 0; round < Rounds; round++)
                    rounds.Add(await LoadAsync(client, path, texts, clients, duration, cancellation));
                Console.WriteLine($"{road,-12} {clients,8} {Median(rounds.Select(r => r.PerSecond)),11:0.0} {Median(rounds.Select(r => r.P50)),8:0.0} {Median(rounds.Select(r => r.P99)),8:0.0} {Median(rounds.Select(r => r.Processor)),8:0.0}");
            }
        await app.StopAsync(cancellation);
    }

    private static async Task<(double PerSecond, double P50, double P99, double Processor)> LoadAsync(HttpClient client, string path, List<string> texts, int clients, TimeSpan duration, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var processor = Environment.CpuUsage.TotalTime;
        var times = await Task.WhenAll(Enumerable.Range(0, clients).Select(number => Task.Run(async () =>
        {
            var own = new List<double>();
            for (var i = number; clock.Elapsed < duration; i += clients)
            {
                var start = clock.Elapsed;
                using var answer = await client.PostAsJsonAsync(path, new PredictionRequest(texts[i % texts.Count]), cancellation);
                answer.EnsureSuccessStatusCode();
                own.Add((clock.Elapsed - start).TotalMilliseconds);
            }
            return own;
        }, cancellation)));
        var elapsed = clock.Elapsed.TotalSeconds;
        var all = times.SelectMany(own => own).Order().ToList();
        return (all.Count / elapsed, all[all.Count / 2], all[(int)(all.Count * 0.99)], (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / all.Count);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);
}
