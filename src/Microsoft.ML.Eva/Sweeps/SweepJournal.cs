using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Eva.Sweeps;

/// <summary>
/// What a sweep has done, a line of JSON for every trial of every rung. Lines are only added, each with one write that reaches the
/// disk before anything else happens; a last line that a killed process left unfinished is cut off.
/// </summary>
internal sealed class SweepJournal : IDisposable
{
    /// <summary>The journal's name in the sweep's folder.</summary>
    public const string FileName = "sweep.jsonl";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 8,
    };

    private readonly FileStream _file;
    private readonly List<SweepTrial> _entries = [];

    /// <summary>Opens the journal of a folder, or begins one.</summary>
    /// <param name="folder">The sweep's folder, which nobody else uses meanwhile.</param>
    /// <param name="fingerprint">What makes this sweep this one and no other.</param>
    /// <exception cref="ArgumentException">The journal is another sweep's.</exception>
    /// <exception cref="InvalidDataException">A line is broken that is not the last.</exception>
    public SweepJournal(string folder, string fingerprint)
    {
        // unbuffered: what cannot be written must not be tried again behind our back
        _file = new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            var whole = Read(folder, fingerprint);
            _file.SetLength(whole);
            _file.Position = whole;
            if (whole == 0)
                Append(new Header(Header.Name, fingerprint));
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Each trial as it was after every rung it went through, in the order in which that happened.</summary>
    public IReadOnlyList<SweepTrial> Entries => _entries;

    /// <summary>The same rung by rung, and by number within one, whatever the order in which trials were done.</summary>
    public IReadOnlyList<SweepTrial> History() => [.. _entries.OrderBy(entry => entry.Rungs).ThenBy(entry => entry.Number)];

    /// <summary>How the trial stood after that rung, counted from 1; null if it has not been through it.</summary>
    public SweepTrial? Find(int number, int rung) => _entries.FirstOrDefault(entry => entry.Number == number && entry.Rungs == rung);

    /// <summary>Notes how a trial stands.</summary>
    /// <exception cref="IOException">The disk is full, for example. What was noted before is still there.</exception>
    public void Add(SweepTrial trial)
    {
        Append(trial);
        _entries.Add(trial);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Append<T>(T line)
    {
        var end = _file.Length;
        try
        {
            _file.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, Json), (byte)'\n']);
            _file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            Shorten(end);
            throw;
        }
    }

    // Should this fail too, the unfinished line is cut off when the journal is next opened.
    private void Shorten(long end)
    {
        try
        {
            _file.SetLength(end);
        }
        catch (IOException)
        {
        }
    }

    // Returns the length of the whole lines.
    private long Read(string folder, string fingerprint)
    {
        var bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        var (start, number) = (0, 0);
        for (int end; (end = Array.IndexOf(bytes, (byte)'\n', start)) >= 0; start = end + 1)
        {
            number++;
            var line = bytes.AsSpan(start, end - start);
            if (number == 1)
                RequireSame(ReadLine<Header>(line, number), folder, fingerprint);
            else
                _entries.Add(ReadLine<SweepTrial>(line, number));
        }
        return start;
    }

    private static T ReadLine<T>(ReadOnlySpan<byte> line, int number) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, Json) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"Line {number} of {FileName} is broken: {e.Message} Delete the folder to begin the sweep anew. The line: {Encoding.UTF8.GetString(line[..Math.Min(line.Length, 200)])}", e);
        }
    }

    private static void RequireSame(Header header, string folder, string fingerprint)
    {
        if (header.Format != Header.Name)
            throw new InvalidDataException($"{FileName} is of the format '{header.Format}', not {Header.Name}.");
        if (header.Fingerprint != fingerprint)
            throw new ArgumentException($"{nameof(EvaLoraSweepOptions.Folder)} '{folder}' holds another sweep, which differs in options, seed or rows. Choose an empty folder, or delete this one if that sweep is no longer wanted.");
    }

    private sealed record Header(string Format, string Fingerprint)
    {
        public const string Name = "eva-sweep-1";
    }
}
