namespace AlexNetService.Worker.Log;

/// <summary>How the worker tells what it does.</summary>
internal enum LogFormat
{
    /// <summary>Lines for people.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}
