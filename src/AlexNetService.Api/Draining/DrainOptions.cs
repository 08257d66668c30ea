using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Api.Draining;

/// <summary>How the service leaves when it is told to stop.</summary>
internal sealed class DrainOptions
{
    public const string Section = "Drain";

    /// <summary>
    /// Seconds for which requests are still taken while <c>/health/ready</c> already says no, so that balancers have turned elsewhere before
    /// anybody is refused; default 0. Behind a balancer: longer than it needs to notice.
    /// </summary>
    [Range(0, 3600, ErrorMessage = "Drain:GraceSeconds must be {1} to {2}.")]
    public double GraceSeconds { get; set; }

    /// <summary>Seconds, after the grace, for what was taken to be finished; what is not is cut off. Default 30.</summary>
    [Range(0, 3600, ErrorMessage = "Drain:LimitSeconds must be {1} to {2}.")]
    public double LimitSeconds { get; set; } = 30;

    public TimeSpan Grace => TimeSpan.FromSeconds(GraceSeconds);

    /// <summary>The longest time from the signal to the end.</summary>
    public TimeSpan Longest => TimeSpan.FromSeconds(GraceSeconds + LimitSeconds);
}
