namespace AlexNetService.Client;

/// <summary>The service refused a request, or failed.</summary>
public sealed class AlexNetException : Exception
{
    internal AlexNetException(ServiceProblem problem, TimeSpan? retryAfter)
        : base(string.Join(" ", new[] { $"{problem.Status} {problem.Title}.", problem.Detail }.OfType<string>())) =>
        (Problem, RetryAfter) = (problem, retryAfter);

    /// <summary>What the service said.</summary>
    public ServiceProblem Problem { get; }

    /// <summary>After how long the service wants to be asked again; null if it did not say.</summary>
    public TimeSpan? RetryAfter { get; }
}
