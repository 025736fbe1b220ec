using System.Diagnostics;
using System.IO.Compression;

namespace Microsoft.ML.Eva.Tests.Package;

/// <summary>Packs the library, restores it into a fresh console project from a folder feed, and runs that in processes of its own.</summary>
public sealed class PackageTests : IClassFixture<PackageTests.Consumer>
{
    private readonly Consumer _consumer;

    public PackageTests(Consumer consumer) => _consumer = consumer;

    [Fact]
    public void Score_InAProcessThatNeverNamesOurTypes_LoadsAndPredicts()
    {
        var model = _consumer.Train("score.zip", seed: 1);

        var first = _consumer.Run("score", model);
        var second = _consumer.Run("score", model);

        var lines = first.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Matches("^(delivery|refund) [0-9.Ee-]+ [0-9.Ee-]+\r?$", line));
        Assert.Equal(first, second);
    }

    [Fact]
    public void Train_SameSeedInFreshProcesses_GivesTheSameBytes_AnotherSeedOthers()
    {
        var a = Entries(_consumer.Train("a.zip", seed: 1));
        var b = Entries(_consumer.Train("b.zip", seed: 1));
        var c = Entries(_consumer.Train("c.zip", seed: 2));

        Assert.Equal(a.Keys.Order(), b.Keys.Order());
        Assert.All(a, entry => Assert.True(entry.Value.AsSpan().SequenceEqual(b[entry.Key]), entry.Key));
        Assert.Contains(a, entry => !entry.Value.AsSpan().SequenceEqual(c[entry.Key]));
    }

    [Fact]
    public void Package_CarriesReadmeSymbolsAndManagedTorchSharpOnly()
    {
        using var package = ZipFile.OpenRead(Directory.EnumerateFiles(_consumer.Feed, "Microsoft.ML.Eva.*.nupkg").Single());
        using var reader = new StreamReader(package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
        var nuspec = reader.ReadToEnd();

        Assert.Contains(package.Entries, e => e.FullName == "README.md");
        Assert.Contains(package.Entries, e => e.FullName == "lib/net10.0/Microsoft.ML.Eva.xml");
        Assert.Single(Directory.EnumerateFiles(_consumer.Feed, "Microsoft.ML.Eva.*.snupkg"));
        Assert.Contains("<dependency id=\"TorchSharp\"", nuspec);
        Assert.DoesNotContain("TorchSharp-cpu", nuspec);
        Assert.DoesNotContain("Mono.Cecil", nuspec);
        Assert.DoesNotContain("Analyzers\" version", nuspec);
    }

    private static Dictionary<string, byte[]> Entries(string zip)
    {
        using var archive = ZipFile.OpenRead(zip);
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var stream = entry.Open();
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            return memory.ToArray();
        });
    }

    public sealed class Consumer : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("eva-consumer-").FullName;

        public Consumer()
        {
            // A version of its own each time: NuGet keeps what it has once unpacked.
            var version = $"0.0.0-test{Guid.NewGuid():n}";
            var source = Path.Combine(Fixture.RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Package");
            // In a folder of its own: the repository's binaries are those that are running this test.
            Start(Fixture.RepositoryRoot, "dotnet", $"pack src/Microsoft.ML.Eva -c Release -p:Version={version} -o \"{Feed}\" --artifacts-path \"{Path.Combine(_folder, "artifacts")}\" --nologo -v quiet");
            Directory.CreateDirectory(App);
            File.Copy(Path.Combine(source, "Consumer.csproj.txt"), Path.Combine(App, "Consumer.csproj"));
            File.Copy(Path.Combine(source, "ConsumerProgram.cs.txt"), Path.Combine(App, "Program.cs"));
            Start(App, "dotnet", $"build -c Release -r linux-x64 --no-self-contained -p:EvaVersion={version} -p:RestoreAdditionalProjectSources=\"{Feed}\" -p:RestorePackagesPath=\"{Packages}\" --nologo -v quiet");
        }

        private string App => Path.Combine(_folder, "app");

        public string Feed => Path.Combine(_folder, "feed");

        // The package itself must not stay in the user's cache; everything else may come from there.
        private string Packages => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

        public string Train(string name, int seed)
        {
            var path = Path.Combine(_folder, name);
            Run("train", path, seed.ToString(System.Globalization.CultureInfo.InvariantCulture));
            return path;
        }

        public string Run(params string[] arguments) =>
            Start(_folder, Path.Combine(App, "bin", "Release", "net10.0", "linux-x64", "Consumer"), string.Join(' ', arguments.Select(a => $"\"{a}\"")));

        public void Dispose()
        {
            foreach (var unpacked in Directory.Exists(Path.Combine(Packages, "microsoft.ml.eva")) ? Directory.EnumerateDirectories(Path.Combine(Packages, "microsoft.ml.eva"), "0.0.0-test*") : [])
                Directory.Delete(unpacked, recursive: true);
            Directory.Delete(_folder, recursive: true);
        }

        private static string Start(string folder, string program, string arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["MSBUILDDISABLENODEREUSE"] = "1", ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0" },
            })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{program} {arguments} ended with {process.ExitCode}:\n{output}\n{errors.Result}");
            return output;
        }
    }
}
