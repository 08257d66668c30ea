using System.Globalization;
using AlexNetService.Api.Problems;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Security;

/// <summary>
/// Bounds what bodies may hold together, whichever route reads them. Bytes are counted as they come, not as they are announced: a
/// client that promises a lot and sends little takes little from the others.
/// </summary>
internal sealed class BodyBudget(RequestDelegate next, IOptions<LimitsOptions> options, TimeProvider time)
{
    private readonly long limit = options.Value.BytesOfAllBodies;
    private readonly TimeSpan patience = TimeSpan.FromSeconds(options.Value.BodySeconds);
    private long held;

    /// <summary>What a body ends in that took too long.</summary>
    public BodyRefusedException TooLate => new(LimitProblems.TooSlow(string.Create(
        CultureInfo.InvariantCulture, $"The body was not there within {patience.TotalSeconds:0} seconds.")));

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var unbounded = request.Body;
        using var body = new BudgetedBody(request.BodyReader, this, patience, time);
        request.Body = body;
        try
        {
            await next(context);
        }
        finally
        {
            request.Body = unbounded;
        }
    }

    /// <summary>Counts bytes that have come.</summary>
    /// <exception cref="BodyRefusedException">There is no room for them.</exception>
    public void Take(int bytes)
    {
        if (Interlocked.Add(ref held, bytes) > limit)
        {
            throw new BodyRefusedException(LimitProblems.TooManyBodies);
        }
    }

    public void Return(long bytes) => Interlocked.Add(ref held, -bytes);
}

/// <summary>A body is not read on.</summary>
/// <param name="problem">Why, as the client reads it.</param>
internal sealed class BodyRefusedException(Problem problem) : Exception("The body is not read on.")
{
    public Problem Problem => problem;
}
