namespace AlexNetService.Worker.Log;

/// <summary>
/// Replaces standard output or error while the log is JSON: each printed line becomes an event <c>line</c> with its text as
/// <c>message</c>. Lines that a terminal would rewrite never end, so they never appear.
/// </summary>
internal sealed class JsonLineWriter(JsonLog log, string level) : TextWriter
{
    private readonly StringBuilder line = new();
    private bool returned;

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value)
    {
        if (value == '\n')
        {
            End();
        }
        else if (returned)
        {
            line.Clear();
        }

        returned = value == '\r';
        if (value is not ('\r' or '\n'))
        {
            line.Append(value);
        }
    }

    protected override void Dispose(bool disposing)
    {
        End();
        base.Dispose(disposing);
    }

    private void End()
    {
        var text = line.ToString().TrimEnd();
        line.Clear();
        if (text.Length > 0)
        {
            log.Write(level, "line", new() { ["message"] = text });
        }
    }
}
