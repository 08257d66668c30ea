using System.Buffers;
using System.IO.Pipelines;
using AlexNetService.Api.Grpc;
using Microsoft.AspNetCore.Http.Features;

namespace AlexNetService.Api.Security;

/// <summary>
/// Limits the bytes of all bodies together, whichever route reads them, and of what requests make of their bodies. Bytes count when they
/// arrive, not when they are announced, so a client that announces much and sends little takes little from the others.
/// </summary>
internal sealed class BodyBudget(RequestDelegate next, LimitsOptions limits, TimeProvider time)
{
    private const int RetrySeconds = 2;

    private readonly long limit = limits.BytesOfAllBodies;
    private readonly TimeSpan timeout = TimeSpan.FromSeconds(limits.BodySeconds);
    private long held;

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var original = request.Body;
        using var body = new BudgetedBody(request.BodyReader, this, timeout, time, Refusal(request));
        request.Body = body;
        context.Features.Set(body);
        try
        {
            await next(context);
        }
        finally
        {
            request.Body = original;
        }
    }

    /// <summary>Counts bytes that have arrived, or that a request needs.</summary>
    /// <returns>Why the budget has no room for them, or null.</returns>
    public Problem? Take(long bytes) => Interlocked.Add(ref held, bytes) <= limit
        ? null
        : new Problem(503, "Too many bodies at once",
            "The bodies of current requests fill Limits:BytesOfAllBodies. Try again in a moment, or send a smaller picture.")
        {
            RetryAfter = RetrySeconds,
        };

    public void Return(long bytes) => Interlocked.Add(ref held, -bytes);

    /// <summary>How the reader of a body learns why the rest is not read. gRPC reads bodies itself, and knows only its exception.</summary>
    private static Func<Problem, Exception> Refusal(HttpRequest request) =>
        GrpcErrors.IsGrpc(request) ? GrpcErrors.Of : problem => new BodyRefusedException(problem);
}

/// <summary>
/// A body that must arrive within a time from its first read. Its bytes count in the budget until the request ends. A route may limit
/// them; the server's own limit is not used, because the server would close the connection before the client has read why.
/// </summary>
internal sealed class BudgetedBody(
    PipeReader reader, BodyBudget budget, TimeSpan timeout, TimeProvider time, Func<Problem, Exception> refusal) : Stream
{
    private CancellationTokenSource? expiry;
    private long taken;
    private long made;

    /// <summary>Maximum bytes, whether or not the length was announced.</summary>
    public long Limit { get; set; } = long.MaxValue;

    public bool IsTooLarge => taken > Limit;

    /// <summary>Whether the body has been read to its end.</summary>
    public bool HasEnded { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => taken;
        set => throw new NotSupportedException();
    }

    /// <exception cref="BodyTooLargeException">The body exceeds its limit.</exception>
    /// <exception cref="BodyRefusedException">The body is too slow, or the budget has no room for it.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        expiry ??= Expire();

        // Unlike a read of the stream, a read of the pipe can be cancelled, and the rest of the body can still be skipped.
        var result = await reader.ReadAsync(cancellationToken);
        var count = result.IsCanceled ? 0 : (int)Math.Min(buffer.Length, result.Buffer.Length);
        var read = result.Buffer.Slice(0, count);
        read.CopyTo(buffer.Span);
        HasEnded = result.IsCompleted && count == result.Buffer.Length;
        reader.AdvanceTo(read.End);
        if (result.IsCanceled)
        {
            throw refusal(BodyRefusedException.TooSlow(
                FormattableString.Invariant($"The body did not arrive within {timeout.TotalSeconds:0} seconds.")));
        }

        // Counted before the budget may refuse the bytes, because Dispose returns all that the budget has counted.
        taken += count;
        if (budget.Take(count) is { } problem)
        {
            throw refusal(problem);
        }

        return IsTooLarge ? throw new BodyTooLargeException() : count;
    }

    /// <summary>Counts memory that the request is about to take beside the bytes that have arrived.</summary>
    /// <exception cref="BodyRefusedException">The budget has no room for it.</exception>
    public void Take(long bytes)
    {
        made += bytes;
        if (budget.Take(bytes) is { } problem)
        {
            throw refusal(problem);
        }
    }

    /// <summary>Ends the time limit. In a body of several requests, the limit of the next one begins when it is read.</summary>
    public void EndTimeLimit()
    {
        expiry?.Dispose();
        expiry = null;
    }

    /// <summary>Returns the bytes to the budget. In a body of several requests, those of an answered one.</summary>
    public void ReturnBytes()
    {
        budget.Return(taken + made);
        (taken, made) = (0, 0);
    }

    /// <summary>Counts the bytes that so many characters of base64 are about to become: three for four (RFC 4648, section 4).</summary>
    /// <exception cref="BodyRefusedException">The budget has no room for them.</exception>
    public void TakeBase64(long characters) => Take(3 * characters / 4);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        ReturnBytes();
        EndTimeLimit();
        base.Dispose(disposing);
    }

    private CancellationTokenSource Expire()
    {
        var end = new CancellationTokenSource(timeout, time);
        end.Token.UnsafeRegister(static reader => (reader as PipeReader)?.CancelPendingRead(), reader);
        return end;
    }
}

internal static class LimitedBodies
{
    /// <summary>The body, whose reads fail with <see cref="BodyTooLargeException"/> once it exceeds a limit.</summary>
    public static BudgetedBody BodyUpTo(this HttpRequest request, long limit)
    {
        var body = request.HttpContext.Features.GetRequiredFeature<BudgetedBody>();
        body.Limit = limit;
        return body;
    }
}

/// <summary>A body exceeds its limit.</summary>
internal sealed class BodyTooLargeException() : Exception("The body exceeds the limit.");

/// <summary>The rest of a body is not read; the problem tells the client why.</summary>
internal sealed class BodyRefusedException(Problem problem) : Exception("The rest of the body is not read.")
{
    public Problem Problem => problem;

    /// <summary>The problem of a slow body; the reason says in a sentence what was too slow.</summary>
    public static Problem TooSlow(string reason) =>
        new(408, "The body came too slowly", $"{reason} Send a smaller picture, or use a faster connection.");
}
