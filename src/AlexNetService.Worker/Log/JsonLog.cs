using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AlexNetService.Worker.Log;

/// <summary>Writes events as JSON, one object a line: <c>time</c> (UTC), <c>level</c>, <c>event</c>, then the event's own fields.</summary>
/// <param name="stream">Receives the lines, each in one write.</param>
/// <param name="clock">The time.</param>
internal sealed class JsonLog(Stream stream, TimeProvider clock)
{
    public const string Info = "info";
    public const string Warning = "warning";
    public const string Error = "error";

    // Log collectors read the lines, not browsers, so characters that JSON allows need no escapes.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock writing = new();

    public static JsonLog OnStandardOutput() => new(Console.OpenStandardOutput(), TimeProvider.System);

    public static JsonLog OnStandardError() => new(Console.OpenStandardError(), TimeProvider.System);

    /// <summary>Writes an event.</summary>
    /// <param name="level">One of the levels above.</param>
    /// <param name="name">Name of the event, such as <c>epoch</c>.</param>
    /// <param name="fields">The event's own fields.</param>
    public void Write(string level, string name, JsonObject fields)
    {
        var line = new JsonObject { ["time"] = clock.GetUtcNow().ToString("O"), ["level"] = level, ["event"] = name };
        foreach (var (key, value) in fields)
        {
            line[key] = value?.DeepClone();
        }

        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, Readable), (byte)'\n'];
        lock (writing)
        {
            stream.Write(bytes);
            stream.Flush();
        }
    }
}
