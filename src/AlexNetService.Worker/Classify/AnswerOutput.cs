using System.IO.Hashing;

namespace AlexNetService.Worker.Classify;

/// <summary>
/// Where answers go: standard output, or a file that a later command continues. Each answer is written at once, so that a process that is
/// killed leaves a half-written last line at most; the next one removes it.
/// </summary>
internal sealed class AnswerOutput(Stream stream, AnswerFormat format, int top) : IDisposable
{
    // Hashes: the names of a million photographs would take ten times the memory.
    private readonly HashSet<UInt128> answered = [];

    /// <summary>Answers that the file already held.</summary>
    public int Earlier => answered.Count;

    /// <summary>Photographs that could not be classified, now or earlier.</summary>
    public int Failed { get; private set; }

    /// <summary>Where a rank other than the first writes: nowhere, since the first writes for all.</summary>
    public static AnswerOutput Nowhere(AnswerFormat format, int top) => new(Stream.Null, format, top);

    public static AnswerOutput Standard(AnswerFormat format, int top)
    {
        var output = new AnswerOutput(Console.OpenStandardOutput(), format, top);
        output.Write(AnswerText.Heading(format, top));
        return output;
    }

    /// <summary>Writes JSON lines or CSV to a file, after the answers that it holds, which must be of the same models and crops.</summary>
    public static AnswerOutput File(string path, AnswerFormat format, int top, IReadOnlyList<string> models, int crops)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".");
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var output = new AnswerOutput(stream, format, top);
        try
        {
            InputException.ThrowIf(!stream.CanSeek, $"'{path}' is a pipe or a device. Name a file, or leave --output out.");
            output.Continue(path, models, crops);
            return output;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file already held the answer to a photograph.</summary>
    public bool Holds(string photograph) => answered.Contains(HashOf(photograph));

    public void Write(PhotographAnswer answer)
    {
        Failed += answer.Error is null ? 0 : 1;
        Write(AnswerText.Of(answer, format, top));
    }

    /// <summary>Tells all ranks which photographs the first one's file holds.</summary>
    public void ShareHeld(Ranks ranks)
    {
        foreach (var hash in ranks.FromFirst(string.Join(' ', answered)).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            answered.Add(UInt128.Parse(hash, CultureInfo.InvariantCulture));
        }
    }

    public void Dispose() => stream.Dispose();

    private void Continue(string path, IReadOnlyList<string> models, int crops)
    {
        var (heading, end) = (AnswerText.Heading(format, top), 0L);
        foreach (var (record, after) in Records())
        {
            if (end > 0 || heading.Length == 0)
            {
                Add(Read(path, record), path, models, crops);
            }
            else if (record + "\n" != heading)
            {
                throw new InputException($"'{path}' does not begin with the headings of answers with --top {top}. Name another --output.");
            }

            end = after;
        }

        stream.SetLength(end);
        stream.Position = end;
        if (end == 0)
        {
            Write(heading);
        }
    }

    private PhotographAnswer Read(string path, string record)
    {
        try
        {
            return AnswerText.Read(record, format);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new InputException($"'{path}' does not hold answers: {e.Message} Name another --output.");
        }
    }

    private void Add(PhotographAnswer answer, string path, IReadOnlyList<string> models, int crops)
    {
        if (!answer.Models.SequenceEqual(models) || answer.Crops != crops)
        {
            throw new InputException(
                $"'{path}' holds answers of {string.Join(", ", answer.Models)} with {answer.Crops} crops, and now "
                + $"{string.Join(", ", models)} would answer with {crops}. Name another --output.");
        }

        Failed += answer.Error is null ? 0 : 1;
        answered.Add(HashOf(answer.Photograph));
    }

    /// <summary>The whole lines of the file, and where each ends. A quoted field of CSV may hold the end of a line.</summary>
    private IEnumerable<(string Record, long End)> Records()
    {
        var (buffer, record, quoted, place) = (new byte[1 << 16], new List<byte>(), false, 0L);
        while (stream.Read(buffer) is > 0 and var read)
        {
            for (var i = 0; i < read; i++)
            {
                place++;
                quoted ^= format == AnswerFormat.Csv && buffer[i] == '"';
                if (buffer[i] != '\n' || quoted)
                {
                    record.Add(buffer[i]);
                    continue;
                }

                yield return (Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(record)), place);
                record.Clear();
            }
        }
    }

    private void Write(string text)
    {
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Flush();
    }

    private static UInt128 HashOf(string name) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(name.AsSpan()));
}
