using System.Text.Encodings.Web;
using System.Text.Json.Nodes;

namespace AlexNetService.Worker.Log;

/// <summary>Format of the log: lines for people, or one JSON object a line.</summary>
internal enum LogFormat
{
    Text,
    Json,
}

/// <summary>
/// Writes events as JSON, one object a line and one write a line: <c>time</c> (UTC), <c>level</c>, <c>event</c>, then the event's own
/// fields.
/// </summary>
internal sealed class JsonLog(Stream stream)
{
    public const string Info = "info";
    public const string Warning = "warning";
    public const string Error = "error";

    // Log collectors read the lines, not browsers, so characters that JSON allows need no escapes.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock writing = new();

    public static JsonLog OnStandardOutput() => new(Console.OpenStandardOutput());

    public static JsonLog OnStandardError() => new(Console.OpenStandardError());

    /// <summary>Writes an event with its fields, which then belong to the event.</summary>
    public void Write(string level, string name, JsonObject fields)
    {
        fields.Insert(0, "time", TimeProvider.System.GetUtcNow().ToString("O"));
        fields.Insert(1, "level", level);
        fields.Insert(2, "event", name);
        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(fields, Readable), (byte)'\n'];
        lock (writing)
        {
            stream.Write(bytes);
            stream.Flush();
        }
    }
}
