/** The readers of structured content, for whoever puts an analyzer together. */
import type { ContentReaders } from '../core/sinks.ts';
import { EventStreamReader } from './event-stream/event-stream-reader.ts';
import { GrpcMessageReader } from './grpc/message-reader.ts';

export const contentReaders: ContentReaders = {
  eventStream: (sink) => new EventStreamReader(sink),
  grpc: (sink) => new GrpcMessageReader(sink),
};
