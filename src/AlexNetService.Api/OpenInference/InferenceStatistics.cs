namespace AlexNetService.Api.OpenInference;

/// <summary>Counts requests of this protocol, by model and version.</summary>
/// <param name="time">Tells when the last one was.</param>
internal sealed class InferenceStatistics(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Name, string Version), ModelStatistics> models = [];

    public ModelStatistics Of(InferenceModel model)
    {
        lock (gate)
        {
            return models.GetValueOrDefault((model.Name, model.Version)) ?? new ModelStatistics(
                model.Name, model.Version, 0, 0, new InferenceTimes(default, default, default, default, default));
        }
    }

    /// <param name="model">What was asked.</param>
    /// <param name="answered">What was answered, or null where nothing was.</param>
    /// <param name="whole">From the request's first line to its answer.</param>
    public void Add(InferenceModel model, InferredRows? answered, TimeSpan whole)
    {
        lock (gate)
        {
            var (before, now) = (Of(model), time.GetUtcNow().ToUnixTimeMilliseconds());
            var times = before.Inferences;
            models[(model.Name, model.Version)] = before with
            {
                LastInference = now,
                InferenceCount = before.InferenceCount + (answered?.Rows ?? 0),
                Inferences = answered is null
                    ? times with { Fail = times.Fail.Plus(whole) }
                    : times with
                    {
                        Success = times.Success.Plus(whole),
                        Queue = times.Queue.Plus(answered.Timing.Queue),
                        ComputeInput = times.ComputeInput.Plus(answered.Timing.Decode),
                        ComputeInfer = times.ComputeInfer.Plus(answered.Timing.Infer),
                    },
            };
        }
    }
}
