namespace AlexNetService.Worker.Log;

/// <summary>Format of the log.</summary>
internal enum LogFormat
{
    /// <summary>Lines for people.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}
