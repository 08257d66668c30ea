using System.Buffers;
using System.IO.Pipelines;
using AlexNetService.Api.Hosting;
using AlexNetService.Api.Problems;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Security;

/// <summary>
/// Limits the bytes of all bodies together, whichever route reads them. Bytes count when they arrive, not when they are announced, so
/// a client that announces much and sends little takes little from the others.
/// </summary>
internal sealed class BodyBudget(RequestDelegate next, IOptions<LimitsOptions> options, TimeProvider time)
{
    private readonly long limit = options.Value.BytesOfAllBodies;
    private readonly TimeSpan timeout = TimeSpan.FromSeconds(options.Value.BodySeconds);
    private long held;

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var original = request.Body;
        using var body = new BudgetedBody(request.BodyReader, this, timeout, time);
        request.Body = body;
        try
        {
            await next(context);
        }
        finally
        {
            request.Body = original;
        }
    }

    /// <summary>Counts bytes that have arrived.</summary>
    /// <exception cref="BodyRefusedException">The budget has no room for them.</exception>
    public void Take(int bytes)
    {
        if (Interlocked.Add(ref held, bytes) > limit)
        {
            throw new BodyRefusedException(AccessProblems.TooManyBodies);
        }
    }

    public void Return(long bytes) => Interlocked.Add(ref held, -bytes);
}

/// <summary>A body that must arrive in time. Its bytes count in the budget until the request ends.</summary>
/// <param name="reader">The body.</param>
/// <param name="budget">Counts its bytes.</param>
/// <param name="timeout">Maximum time from the first read to the last one.</param>
/// <param name="time">Measures that time.</param>
internal sealed class BudgetedBody(PipeReader reader, BodyBudget budget, TimeSpan timeout, TimeProvider time) : ReadOnceStream
{
    private CancellationTokenSource? expiry;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        expiry ??= Expire();

        // Unlike a read of the stream, a read of the pipe can be cancelled, and the rest of the body can still be skipped.
        var result = await reader.ReadAsync(cancellationToken);
        var count = result.IsCanceled ? 0 : (int)Math.Min(buffer.Length, result.Buffer.Length);
        var read = result.Buffer.Slice(0, count);
        read.CopyTo(buffer.Span);
        reader.AdvanceTo(read.End);
        if (result.IsCanceled)
        {
            throw new BodyRefusedException(AccessProblems.TooSlow(
                FormattableString.Invariant($"The body did not arrive within {timeout.TotalSeconds:0} seconds.")));
        }

        // Counted before the budget may refuse the bytes, because Dispose returns all that the budget has counted.
        Taken += count;
        budget.Take(count);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        budget.Return(Taken);
        Taken = 0;
        expiry?.Dispose();
        base.Dispose(disposing);
    }

    private CancellationTokenSource Expire()
    {
        var end = new CancellationTokenSource(timeout, time);
        end.Token.UnsafeRegister(static reader => (reader as PipeReader)?.CancelPendingRead(), reader);
        return end;
    }
}

/// <summary>The rest of a body is not read.</summary>
/// <param name="problem">Tells the client why.</param>
internal sealed class BodyRefusedException(Problem problem) : Exception("The rest of the body is not read.")
{
    public Problem Problem => problem;
}
