using Serilog;

namespace AlexNetService.Api.Classify;

/// <summary>Adds to the request's line in the log which models answered and where the time went.</summary>
internal static class AnswerLog
{
    /// <param name="log">The request's line.</param>
    /// <param name="models">Names of the models.</param>
    /// <param name="crops">Crops that went through each of them, of one picture.</param>
    public static void Answered(this IDiagnosticContext log, IEnumerable<string> models, int crops)
    {
        log.Set("Models", models);
        log.Set("Crops", crops);
    }

    /// <param name="log">The request's line.</param>
    /// <param name="models">Names of the models.</param>
    /// <param name="crops">Crops that went through each of them.</param>
    /// <param name="timing">Where the time went.</param>
    public static void Answered(this IDiagnosticContext log, IEnumerable<string> models, int crops, AnswerTiming timing)
    {
        log.Answered(models, crops);
        log.Set("DecodeMs", timing.DecodeMs);
        log.Set("QueueMs", timing.QueueMs);
        log.Set("InferMs", timing.InferMs);
    }
}
